// Long work in one place: what runs, how far it is, what came of it.
import {
  Button,
  CounterBadge,
  Link as FluentLink,
  Popover,
  PopoverSurface,
  PopoverTrigger,
  ProgressBar,
  Subtitle2,
  Tooltip,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { TaskListSquareLtrRegular } from "@fluentui/react-icons";
import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { isOver, useCancelJob, useJobs } from "../api/jobs";
import type { Job, JobState } from "../api/types";
import { formatPercent, formatSpan } from "../format";
import { Ago } from "../parts/ago";
import { StatePill, type Tone } from "../parts/state_pill";
import { strings } from "../strings";
import { isQuiet, resultLink } from "./job_links";
import { useToast } from "./toasts";

const text = strings.jobs;

const useStyles = makeStyles({
  button: { position: "relative" },
  badge: { position: "absolute", top: "1px", right: "1px", pointerEvents: "none" },
  surface: { width: "min(400px, calc(100vw - 24px))", padding: 0 },
  title: { padding: "14px 16px 8px" },
  empty: { padding: "4px 16px 20px", color: tokens.colorNeutralForeground2 },
  list: { listStyleType: "none", margin: 0, padding: "0 0 8px", maxHeight: "min(520px, 70dvh)", overflowY: "auto" },
  job: {
    display: "grid",
    gap: "6px",
    padding: "10px 16px",
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  head: { display: "flex", justifyContent: "space-between", alignItems: "start", gap: "12px" },
  name: { fontWeight: tokens.fontWeightSemibold, overflowWrap: "anywhere" },
  note: {
    display: "flex",
    flexWrap: "wrap",
    gap: "2px 12px",
    alignItems: "center",
    justifyContent: "space-between",
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    fontVariantNumeric: "tabular-nums",
  },
  cause: { color: tokens.colorStatusDangerForeground1, overflowWrap: "anywhere" },
});

export function Tray() {
  const styles = useStyles();
  const [open, setOpen] = useState(false);
  const { data } = useJobs();
  const jobs = (data ?? []).filter((job) => !isQuiet(job));
  const running = jobs.filter((job) => !isOver(job)).length;
  useJobToasts(data);
  return (
    <Popover open={open} onOpenChange={(_event, next) => setOpen(next.open)} positioning="below-end" trapFocus>
      <PopoverTrigger disableButtonEnhancement>
        <Tooltip content={text.button(running)} relationship="label">
          <Button
            className={styles.button}
            appearance="subtle"
            icon={
              <>
                <TaskListSquareLtrRegular />
                {running > 0 && <CounterBadge className={styles.badge} size="small" count={running} />}
              </>
            }
            data-testid="tray"
          />
        </Tooltip>
      </PopoverTrigger>
      <PopoverSurface className={styles.surface} aria-label={text.title}>
        <Subtitle2 as="h2" block className={styles.title}>
          {text.title}
        </Subtitle2>
        {jobs.length === 0 ? (
          <p className={styles.empty}>
            {text.none}. {text.noneDetail}
          </p>
        ) : (
          <ul className={styles.list} tabIndex={0} aria-label={text.title}>
            {jobs.map((job) => (
              <JobRow key={job.id} job={job} onLeave={() => setOpen(false)} />
            ))}
          </ul>
        )}
      </PopoverSurface>
    </Popover>
  );
}

const tones: Record<JobState, Tone> = {
  queued: "quiet",
  running: "busy",
  done: "good",
  failed: "bad",
  cancelled: "quiet",
};

function JobRow({ job, onLeave }: { job: Job; onLeave: () => void }) {
  const styles = useStyles();
  const cancel = useCancelJob();
  const navigate = useNavigate();
  const link = resultLink(job);
  const over = isOver(job);
  const known = job.progress >= 0;
  return (
    <li className={styles.job}>
      <div className={styles.head}>
        <span className={styles.name}>{job.title}</span>
        <StatePill size="small" tone={tones[job.state]} text={text.state[job.state]} />
      </div>
      {!over && (
        <ProgressBar {...(known && { value: job.progress })} aria-label={text.progress(job.title)} />
      )}
      {job.state === "failed" && job.cause && <span className={styles.cause}>{job.cause}</span>}
      <div className={styles.note}>
        <span>
          {over ? (
            job.ended && <Ago time={Date.parse(job.ended) / 1000} />
          ) : (
            [
              known && formatPercent(job.progress),
              job.message,
              job.seconds_left !== undefined && job.seconds_left > 0 && text.left(formatSpan(job.seconds_left)),
            ]
              .filter(Boolean)
              .join(" · ")
          )}
        </span>
        {!over && (
          <Button
            size="small"
            aria-label={text.cancelJob(job.title)}
            disabled={cancel.isPending}
            onClick={(event) => {
              // The button goes with the job's end; the keyboard stays in the list.
              event.currentTarget.closest("ul")?.focus();
              cancel.mutate(job.id);
            }}
          >
            {text.cancel}
          </Button>
        )}
        {link && (
          <FluentLink
            onClick={() => {
              onLeave();
              void navigate(link);
            }}
          >
            {text.open}
          </FluentLink>
        )}
      </div>
    </li>
  );
}

// Tells of jobs that ended while somebody was here; not of those that were over before.
function useJobToasts(jobs: readonly Job[] | undefined): void {
  const toast = useToast();
  const running = useRef(new Set<string>());
  useEffect(() => {
    for (const job of jobs ?? []) {
      if (!isOver(job)) {
        running.current.add(job.id);
        continue;
      }
      if (!running.current.delete(job.id) || isQuiet(job)) continue;
      if (job.state === "done") {
        const to = resultLink(job);
        toast({
          intent: "success",
          title: text.doneToast(job.title),
          ...(to && { link: { text: text.open, to } }),
        });
      }
      if (job.state === "failed") {
        toast({ intent: "error", title: text.failedToast(job.title), detail: job.cause });
      }
    }
  }, [jobs, toast]);
}
