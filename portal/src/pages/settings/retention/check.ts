// The limits of the retention settings.
import type { FieldProblem } from "../../../api/types";
import { formatCount } from "../../../format";
import { text as upkeep } from "../../../strings/upkeep";
import type { SettingsDraft } from "../settings_form";

const text = upkeep.retention;
const kMostDays = 36_500;
const kMostGb = 1_000_000;

const limits = {
  insight_days: [0, kMostDays],
  insight_gb: [0, kMostGb],
  recording_days: [0, kMostDays],
  recording_gb: [0, kMostGb],
  disk_floor_gb: [0.1, kMostGb],
} as const;

export function checkRetention(draft: Pick<SettingsDraft, keyof typeof limits>): FieldProblem[] {
  return (Object.keys(limits) as (keyof typeof limits)[]).flatMap((field) => {
    const value = draft[field];
    const [least, most] = limits[field];
    if (value === undefined) return [{ field, detail: text.needed }];
    if (value >= least && value <= most) return [];
    return [{ field, detail: text.range(String(least), formatCount(most)) }];
  });
}
