// The section Appearance: light or dark.
import { RadioField } from "../../../form/fields";
import { PageHeader } from "../../../parts/page_header";
import { text as upkeep } from "../../../strings/upkeep";
import { useThemeChoice, type ThemeChoice } from "../../../theme/use_theme";

const text = upkeep.appearance;

const choices: readonly { value: ThemeChoice; text: string; detail?: string }[] = [
  { value: "system", text: text.system, detail: text.systemDetail },
  { value: "light", text: text.light },
  { value: "dark", text: text.dark },
];

export default function Appearance() {
  const [choice, choose] = useThemeChoice();
  return (
    <div>
      <PageHeader title={text.title} detail={text.detail} />
      <RadioField
        field={{ path: "theme", value: choice, set: choose, problems: [] }}
        label={text.colours}
        choices={choices}
      />
    </div>
  );
}
