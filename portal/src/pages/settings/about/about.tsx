// The section About: what runs here, and what it is made of.
import { SearchBox, Subtitle2, makeStyles, tokens } from "@fluentui/react-components";
import { useState } from "react";
import { Link } from "react-router";
// Made part of the portal when it is built.
import thirdParty from "../../../../../THIRD_PARTY.md?raw";
import { useSystem } from "../../../api/server_context";
import { formatBytes, formatSpan } from "../../../format";
import { PageHeader } from "../../../parts/page_header";
import { FactList, Panel } from "../../../parts/panel";
import { strings } from "../../../strings";
import { text as upkeep } from "../../../strings/upkeep";
import { readThirdParty, type ThirdPartySection } from "./third_party";

const text = upkeep.about;
const sections = readThirdParty(thirdParty);

const useStyles = makeStyles({
  root: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "16px", maxWidth: "880px" },
  search: { maxWidth: "320px" },
  section: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "8px", paddingTop: "6px" },
  quiet: { color: tokens.colorNeutralForeground2 },
  table: {
    width: "100%",
    borderCollapse: "collapse",
    tableLayout: "fixed",
    "& th": { textAlign: "left", fontWeight: tokens.fontWeightRegular, color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, padding: "0 16px 4px 0" },
    "& td": { padding: "5px 16px 5px 0", borderTop: `1px solid ${tokens.colorNeutralStroke3}`, overflowWrap: "anywhere", verticalAlign: "top" },
  },
  link: { color: tokens.colorBrandForegroundLink },
});

export default function About() {
  const styles = useStyles();
  const { data } = useSystem();
  const [search, setSearch] = useState("");
  const shown = sections.map((section) => matching(section, search.trim().toLowerCase())).filter(({ blocks }) => blocks.length > 0);
  const known = (value: string | undefined) => value || text.unknown;
  return (
    <div>
      <PageHeader title={text.title} detail={text.detail} />
      <div className={styles.root}>
        <Panel title={strings.product} testId="about">
          <FactList
            facts={[
              { term: text.version, value: known(data?.version) },
              { term: text.onnxruntime, value: known(data?.onnxruntime) },
              { term: text.machine, value: known(data?.hostname) },
              { term: text.os, value: known(data?.os) },
              { term: text.cpu, value: known(data?.cpu) },
              { term: text.cores, value: data ? String(data.cores) : "" },
              { term: text.memory, value: data ? formatBytes(data.memory_mb * 1e6) : "" },
              { term: text.uptime, value: data ? formatSpan(data.uptime_s) : "" },
              { term: text.store, value: data ? formatBytes(data.store_bytes) : "" },
            ]}
          />
          <Link className={styles.link} to="/api-docs">
            {text.apiDocs}
          </Link>
        </Panel>
        <Panel title={text.licence}>
          <span>{text.licenceDetail}</span>
        </Panel>
        <Panel title={text.third} testId="third-party">
          <SearchBox
            className={styles.search}
            placeholder={text.search}
            aria-label={text.search}
            value={search}
            onChange={(_event, { value }) => setSearch(value)}
          />
          {shown.length === 0 && <span className={styles.quiet}>{text.noMatch}</span>}
          {shown.map(({ title, blocks }) => (
            <section key={title} className={styles.section}>
              <Subtitle2 as="h3">{title}</Subtitle2>
              {blocks.map((block, i) =>
                "rows" in block ? (
                  <table key={i} className={styles.table}>
                    <thead>
                      <tr>
                        {block.rows[0]!.map((cell) => (
                          <th key={cell} scope="col">
                            {cell}
                          </th>
                        ))}
                      </tr>
                    </thead>
                    <tbody>
                      {block.rows.slice(1).map((row) => (
                        <tr key={row[0]}>
                          {row.map((cell, n) => (
                            <td key={n}>{cell}</td>
                          ))}
                        </tr>
                      ))}
                    </tbody>
                  </table>
                ) : (
                  <span key={i} className={styles.quiet}>
                    {block.paragraph}
                  </span>
                ),
              )}
            </section>
          ))}
        </Panel>
      </div>
    </div>
  );
}

// The rows and paragraphs in which the search occurs.
function matching({ title, blocks }: ThirdPartySection, search: string): ThirdPartySection {
  if (search === "") return { title, blocks };
  const has = (text: string) => text.toLowerCase().includes(search);
  return {
    title,
    blocks: blocks.flatMap((block): ThirdPartySection["blocks"] => {
      if ("paragraph" in block) return has(block.paragraph) ? [block] : [];
      const rows = block.rows.filter((row, i) => i === 0 || row.some(has));
      return rows.length > 1 ? [{ rows }] : [];
    }),
  };
}
