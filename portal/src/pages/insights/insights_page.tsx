// The page Insights: what all skills see, and have seen.
import { Button } from "@fluentui/react-components";
import { useNavigate } from "react-router";
import { InsightExplorer } from "../../insights/explorer";
import { PageHeader } from "../../parts/page_header";
import { Panel } from "../../parts/panel";
import { text } from "../../strings/insights";

export default function InsightsPage() {
  return (
    <>
      <PageHeader title={text.title} detail={text.detail} />
      <InsightExplorer empty={<NoInsights />} />
    </>
  );
}

function NoInsights() {
  const navigate = useNavigate();
  return (
    <Panel title={text.empty.title} testId="no-insights">
      <p>{text.empty.detail}</p>
      <div>
        <Button onClick={() => void navigate("/deployments")}>{text.empty.action}</Button>
      </div>
    </Panel>
  );
}
