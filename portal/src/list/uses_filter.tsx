// Tells in a list that it shows only what uses one object, and how to see all again.
import { Tag, TagGroup } from "@fluentui/react-components";
import type { EditableKind } from "../api/kinds";
import { NameOf } from "../form/reference_field";
import { text } from "../strings/list";

type Props = { kind: EditableKind; values: Record<string, string>; set: (name: string, value: string) => void };

export function UsesFilter({ kind, values: { uses }, set }: Props) {
  if (!uses) return null;
  return (
    <TagGroup onDismiss={() => set("uses", "")}>
      <Tag value="uses" dismissible dismissIcon={{ "aria-label": text.showAll }}>
        <NameOf kind={kind} id={uses} />
      </Tag>
    </TagGroup>
  );
}
