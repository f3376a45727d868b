// The API documentation: the server's own OpenAPI description, made readable.
import {
  Accordion,
  AccordionHeader,
  AccordionItem,
  AccordionPanel,
  Badge,
  Link as FluentLink,
  SearchBox,
  Skeleton,
  SkeletonItem,
  Subtitle1,
  Subtitle2,
  Text,
  makeStyles,
  tokens,
  type BadgeProps,
} from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState } from "react";
import { apiRoot, get } from "../../api/client";
import { Command } from "../../parts/command";
import { PageHeader } from "../../parts/page_header";
import { Notice } from "../../shell/notice";
import { strings } from "../../strings";
import { text } from "../../strings/api_docs";
import {
  bodySchema,
  callsOf,
  curlOf,
  referencedBy,
  resolve,
  schemaName,
  typeText,
  type Call,
  type JsonSchema,
  type OpenApi,
} from "./openapi";

const useStyles = makeStyles({
  root: { maxWidth: "1080px" },
  search: { width: "min(360px, 100%)", maxWidth: "none", marginBottom: "8px" },
  group: { margin: "20px 0 6px", textTransform: "capitalize" },
  calls: {
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    overflow: "hidden",
  },
  head: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: "4px 12px", minWidth: 0, padding: "8px 0" },
  method: { width: "64px", flexShrink: 0 },
  path: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase300, overflowWrap: "anywhere" },
  summary: { color: tokens.colorNeutralForeground3 },
  panel: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "14px", padding: "4px 20px 20px" },
  section: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "6px" },
  scroll: { overflowX: "auto" },
  table: {
    width: "100%",
    borderCollapse: "collapse",
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    "& th": { textAlign: "left", fontWeight: tokens.fontWeightSemibold, color: tokens.colorNeutralForeground2 },
    "& th, & td": {
      padding: "6px 16px 6px 0",
      verticalAlign: "top",
      borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    },
  },
  code: { fontFamily: tokens.fontFamilyMonospace, whiteSpace: "nowrap" },
  needed: { color: tokens.colorStatusDangerForeground1, marginLeft: "6px" },
  quiet: { color: tokens.colorNeutralForeground3 },
  response: { display: "flex", flexWrap: "wrap", gap: "4px 10px", alignItems: "baseline" },
  skeleton: { display: "grid", gap: "10px" },
});

export default function ApiDocsPage() {
  const styles = useStyles();
  const { data, error, refetch } = useQuery({
    queryKey: ["openapi"],
    queryFn: ({ signal }) => get<OpenApi>("/openapi.json", {}, signal),
  });
  const [typed, setTyped] = useState("");
  const search = useDeferredValue(typed.trim().toLowerCase());
  const groups = useMemo(() => {
    const found = new Map<string, Call[]>();
    for (const call of data ? callsOf(data) : []) {
      const words = `${call.method} ${call.path} ${call.summary ?? ""} ${call.description ?? ""}`;
      if (!words.toLowerCase().includes(search)) continue;
      found.set(call.group, [...(found.get(call.group) ?? []), call]);
    }
    return [...found];
  }, [data, search]);
  if (!data) {
    if (!error) return <DocsSkeleton />;
    return (
      <Notice
        title={text.failed}
        detail={error.message}
        action={{ text: strings.tryAgain, run: () => void refetch() }}
      />
    );
  }
  return (
    <div className={styles.root}>
      <PageHeader title={text.title} detail={text.detail(data.info.version)}>
        <FluentLink href={`${apiRoot}/openapi.json`} target="_blank">
          {text.raw}
        </FluentLink>
      </PageHeader>
      {data.info.description && <p className={styles.quiet}>{data.info.description}</p>}
      <SearchBox
        className={styles.search}
        placeholder={text.search}
        aria-label={text.search}
        value={typed}
        onChange={(_event, { value }) => setTyped(value)}
      />
      {groups.length === 0 && <p className={styles.quiet}>{text.none}</p>}
      {groups.map(([group, calls]) => (
        <section key={group} aria-label={group}>
          <Subtitle1 as="h2" block className={styles.group}>
            {group.replaceAll("_", " ")}
          </Subtitle1>
          <Accordion className={styles.calls} collapsible multiple>
            {calls.map((call) => (
              <AccordionItem key={call.id} value={call.id}>
                <AccordionHeader as="h3">
                  <span className={styles.head}>
                    <Badge className={styles.method} appearance="tint" color={colors[call.method] ?? "informative"}>
                      {call.method}
                    </Badge>
                    <span className={styles.path}>{call.path}</span>
                    <span className={styles.summary}>{call.summary}</span>
                  </span>
                </AccordionHeader>
                <AccordionPanel>
                  <CallDetails api={data} call={call} />
                </AccordionPanel>
              </AccordionItem>
            ))}
          </Accordion>
        </section>
      ))}
    </div>
  );
}

const colors: Record<string, NonNullable<BadgeProps["color"]>> = {
  GET: "informative",
  POST: "success",
  PATCH: "warning",
  PUT: "warning",
  DELETE: "danger",
};

function CallDetails({ api, call }: { api: OpenApi; call: Call }) {
  const styles = useStyles();
  const body = bodySchema(call.requestBody?.content);
  const responses = Object.entries(call.responses ?? {}).map(
    ([status, response]) => [status, resolve(api, response)] as const,
  );
  const named = referencedBy(api, body);
  for (const [status, { content }] of responses) {
    if (status.startsWith("2")) referencedBy(api, bodySchema(content), named);
  }
  const parameters = call.parameters ?? [];
  return (
    <div className={styles.panel}>
      {call.description && <p>{call.description}</p>}
      {parameters.length > 0 && (
        <section className={styles.section}>
          <Subtitle2 as="h4">{text.parameters}</Subtitle2>
          <Members
            label={text.parameters}
            members={parameters.map(({ name, in: place, required, description, schema }) => ({
              name,
              place,
              required: required === true,
              schema: { ...schema, ...(description && { description }) },
            }))}
          />
        </section>
      )}
      {body && (
        <section className={styles.section}>
          <Subtitle2 as="h4">{text.body}</Subtitle2>
          <SchemaView schema={body} />
        </section>
      )}
      <section className={styles.section}>
        <Subtitle2 as="h4">{text.responses}</Subtitle2>
        {responses.map(([status, { description, content }]) => (
          <div key={status} className={styles.response}>
            <Text weight="semibold" font="monospace">
              {status}
            </Text>
            <span>{description}</span>
            {content && (
              <span className={styles.quiet}>
                {Object.keys(content).join(", ")} · {typeText(bodySchema(content))}
              </span>
            )}
          </div>
        ))}
      </section>
      {[...named].map((name) => (
        <section className={styles.section} key={name}>
          <Subtitle2 as="h4">{name}</Subtitle2>
          <SchemaView schema={resolve<JsonSchema>(api, { $ref: `#/components/schemas/${name}` })} />
        </section>
      ))}
      <section className={styles.section}>
        <Subtitle2 as="h4">{text.example}</Subtitle2>
        <Command text={curlOf(api, call, location.origin)} />
      </section>
    </div>
  );
}

// The members of an object; any other schema in words.
function SchemaView({ schema }: { schema: JsonSchema }) {
  const styles = useStyles();
  if (!schema.properties || schemaName(schema)) {
    return <p className={styles.quiet}>{[typeText(schema), schema.description].filter(Boolean).join(": ")}</p>;
  }
  return (
    <Members
      label={text.schema}
      members={Object.entries(schema.properties).map(([name, member]) => ({
        name,
        required: schema.required?.includes(name) === true,
        schema: member,
      }))}
    />
  );
}

type Member = { name: string; place?: string; required: boolean; schema: JsonSchema };

function Members({ label, members }: { label: string; members: readonly Member[] }) {
  const styles = useStyles();
  const places = members.some(({ place }) => place !== undefined);
  return (
    <div className={styles.scroll} tabIndex={0} role="group" aria-label={label}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{text.name}</th>
            {places && <th scope="col">{text.place}</th>}
            <th scope="col">{text.type}</th>
            <th scope="col">{text.description}</th>
          </tr>
        </thead>
        <tbody>
          {members.map(({ name, place, required, schema }) => (
            <tr key={`${place ?? ""}.${name}`}>
              <td>
                <span className={styles.code}>{name}</span>
                {required && <span className={styles.needed}>{text.required}</span>}
              </td>
              {places && <td>{place}</td>}
              <td>{typeText(schema)}</td>
              <td>
                {schema.description}
                {schema.default !== undefined && (
                  <span className={styles.quiet}> {text.defaultIs(JSON.stringify(schema.default))}</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function DocsSkeleton() {
  const styles = useStyles();
  return (
    <Skeleton className={styles.skeleton} aria-label={text.title}>
      <SkeletonItem style={{ height: 32, width: 320 }} />
      {Array.from({ length: 10 }, (_, i) => (
        <SkeletonItem key={i} size={40} />
      ))}
    </Skeleton>
  );
}
