// The section Imports: from which folders and networks pictures and models may be taken.
import { MessageBar, MessageBarBody } from "@fluentui/react-components";
import { ListField } from "../../../form/fields";
import { PageHeader } from "../../../parts/page_header";
import { text as upkeep } from "../../../strings/upkeep";
import { SettingsForm } from "../settings_form";
import { checkImports } from "./check";

const text = upkeep.imports;

export default function Imports() {
  return (
    <div>
      <PageHeader title={text.title} detail={text.detail} />
      <SettingsForm
        check={checkImports}
        render={({ draft, field }) => {
          const folders = field("import_folders");
          const networks = field("import_networks");
          return (
            <>
              <ListField
                field={{ ...folders, set: (value) => folders.set([...value]) }}
                label={text.folders}
                hint={text.foldersHint}
                placeholder={text.foldersPlaceholder}
              />
              {draft.import_folders.includes("/") && (
                <MessageBar intent="warning" layout="multiline">
                  <MessageBarBody>{text.everything}</MessageBarBody>
                </MessageBar>
              )}
              <ListField
                field={{ ...networks, set: (value) => networks.set([...value]) }}
                label={text.networks}
                hint={text.networksHint}
                placeholder={text.networksPlaceholder}
              />
            </>
          );
        }}
      />
    </div>
  );
}
