// The section Audit log: who changed what, when, from where.
import { Dropdown, Option, makeStyles } from "@fluentui/react-components";
import { HistoryRegular } from "@fluentui/react-icons";
import { useList } from "../../../api/objects";
import type { AuditEntry } from "../../../api/types";
import { ListPage } from "../../../list/list_page";
import { Ago } from "../../../parts/ago";
import { text as people } from "../../../strings/people";

const text = people.audit;

const useStyles = makeStyles({ user: { minWidth: "140px" } });

// Where what was changed is to be seen, if it still is.
const places: Record<string, string> = {
  camera: "/cameras",
  device: "/devices",
  model: "/models",
  skill: "/skills",
  deployment: "/deployments",
  connection: "/settings/connections",
  location: "/settings/locations",
  user: "/settings/users",
};

function addressOf({ object_kind, object_id, status }: AuditEntry): string | undefined {
  const place = places[object_kind];
  return place && object_id && status !== "delete" ? `${place}/${encodeURIComponent(object_id)}` : undefined;
}

function sentence({ status, object_kind }: AuditEntry): string {
  return text.did(text.actions[status] ?? status.replaceAll("_", " "), text.kinds[object_kind] ?? object_kind);
}

const statuses = Object.entries(text.actions).map(([value, name]) => ({ value, text: name }));

export default function AuditLog() {
  const styles = useStyles();
  const users = useList("user", { limit: 200 });
  return (
    <ListPage
      kind="audit_entry"
      title={text.title}
      detail={text.detail}
      things={text.things}
      icon={<HistoryRegular />}
      empty={text.empty}
      statuses={statuses}
      statusWords={{ label: text.action, any: text.anyAction }}
      sorts={["created"]}
      defaultSort={{ sort: "created", descending: true }}
      removable="never"
      untagged
      linkOf={addressOf}
      filterNames={["user"]}
      filters={({ user = "" }, set) => (
        <Dropdown
          className={styles.user}
          aria-label={text.who}
          value={user || text.anyone}
          selectedOptions={[user]}
          onOptionSelect={(_event, { optionValue }) => set("user", optionValue ?? "")}
        >
          <Option value="">{text.anyone}</Option>
          {(users.items ?? []).map(({ id, name }) => (
            <Option key={id} value={name}>
              {name}
            </Option>
          ))}
        </Dropdown>
      )}
      columns={[
        { id: "what", title: text.what, width: "200px", render: sentence },
        { id: "who", title: text.who, width: "130px", render: ({ user }) => user || text.nobody },
        { id: "when", title: text.when, sort: "created", width: "110px", render: ({ created }) => <Ago time={Date.parse(created) / 1000} /> },
        { id: "from", title: text.from, width: "130px", render: ({ address }) => address },
        { id: "note", title: text.note, render: ({ detail }) => detail },
      ]}
    />
  );
}
