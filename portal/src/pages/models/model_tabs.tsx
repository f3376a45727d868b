// Your models or the zoo's, and the ways to get a model.
import { Tab, TabList, makeStyles } from "@fluentui/react-components";
import { AddRegular, BookRegular, DocumentAddRegular, ImageSparkleRegular } from "@fluentui/react-icons";
import { useNavigate } from "react-router";
import type { PrimaryAction } from "../../parts/page_header";
import { text } from "../../strings/models";

const useStyles = makeStyles({ tabs: { marginLeft: "-10px", marginBottom: "12px" } });

export function ModelTabs({ at }: { at: "yours" | "zoo" }) {
  const styles = useStyles();
  const navigate = useNavigate();
  return (
    <TabList
      className={styles.tabs}
      aria-label={text.views}
      selectedValue={at}
      onTabSelect={(_event, { value }) => void navigate(value === "zoo" ? "/models/zoo" : "/models")}
    >
      <Tab value="yours">{text.yours}</Tab>
      <Tab value="zoo">{text.browse}</Tab>
    </TabList>
  );
}

export const addModel: PrimaryAction = {
  text: text.add,
  icon: AddRegular,
  choices: [
    { text: text.custom, detail: text.customDetail, icon: ImageSparkleRegular, to: "/models/new" },
    { text: text.external, detail: text.externalDetail, icon: DocumentAddRegular, to: "/models/add" },
    { text: text.browse, detail: text.zooDetail, icon: BookRegular, to: "/models/zoo" },
  ],
};
