// Facts that every object has: its tags, and when it was made and changed.
import { Ago } from "../parts/ago";
import type { FactItem } from "../parts/panel";
import { TagList } from "../parts/tag_list";
import { text } from "../strings/view";

type Stored = { tags: Record<string, string>; created: string; updated: string };

export function commonFacts({ tags, created, updated }: Stored): FactItem[] {
  return [
    { term: text.tags, value: Object.keys(tags).length > 0 ? <TagList tags={tags} /> : text.none },
    { term: text.created, value: <Ago time={Date.parse(created) / 1000} /> },
    { term: text.updated, value: <Ago time={Date.parse(updated) / 1000} /> },
  ];
}
