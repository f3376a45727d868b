// Columns that most lists have.
import { Ago } from "../parts/ago";
import { TagList } from "../parts/tag_list";
import { text } from "../strings/list";

export const tagsColumn = {
  id: "tags",
  title: text.tagsColumn,
  render: ({ tags }: { tags: Record<string, string> }) => <TagList tags={tags} />,
};

export const updatedColumn = {
  id: "updated",
  title: text.updatedColumn,
  sort: "updated" as const,
  width: "120px",
  render: ({ updated }: { updated: string }) => <Ago time={Date.parse(updated) / 1000} />,
};
