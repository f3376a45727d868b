// A time as people say it, with the exact one on hover.
import { formatAgo, formatClock } from "../format";
import { useNow } from "./use_now";

export function Ago({ time }: { time: number }) {
  const now = useNow();
  const iso = new Date(time * 1000);
  return (
    <time
      dateTime={Number.isNaN(iso.getTime()) ? undefined : iso.toISOString()}
      title={formatClock(time)}
    >
      {formatAgo(now - time)}
    </time>
  );
}
