// Sending one file to /uploads: its progress, cancelling, and what came of it.
import { useEffect, useRef, useState } from "react";
import { del, upload } from "../api/client";
import type { Upload } from "../api/types";
import { text } from "../strings/upload";

export type UploadRun = {
  sending?: { name: string; bytes: number; part: number }; // part: 0 to 1
  problem?: string;
  // Sends `file`; `set` is given what the server has of it, undefined until then. What it replaces
  // is removed from the server.
  start: (file: File, set: (sent: Upload | undefined) => void, replaced?: Upload) => void;
  cancel: () => void;
  retry?: () => void;
};

// To be called where it outlives the field that shows it, such as in a wizard's page: the upload
// then goes on while other steps are filled in. Leaving the page breaks it off.
export function useUpload(): UploadRun {
  const [sending, setSending] = useState<UploadRun["sending"]>();
  const [failure, setFailure] = useState<{ problem: string; retry?: () => void }>();
  const ending = useRef<AbortController>(undefined);
  useEffect(() => () => ending.current?.abort(), []);

  const start: UploadRun["start"] = (file, set, replaced) => {
    ending.current?.abort();
    const end = new AbortController();
    ending.current = end;
    setFailure(undefined);
    setSending({ name: file.name, bytes: file.size, part: 0 });
    set(undefined);
    if (replaced) void del(`/uploads/${encodeURIComponent(replaced.id)}`).catch(() => undefined);
    upload<Upload>("/uploads", file, {
      query: { name: file.name },
      signal: end.signal,
      onProgress: (part) => {
        if (ending.current === end) setSending({ name: file.name, bytes: file.size, part });
      },
    }).then(
      (sent) => {
        if (ending.current !== end) return;
        setSending(undefined);
        set(sent);
      },
      (error: unknown) => {
        if (ending.current !== end) return;
        setSending(undefined);
        if (end.signal.aborted) {
          setFailure({ problem: text.cancelled });
          return;
        }
        const cause = error instanceof Error ? error.message : String(error);
        setFailure({ problem: text.failed(file.name, cause), retry: () => start(file, set) });
      },
    );
  };
  return {
    ...(sending && { sending }),
    ...failure,
    start,
    cancel: () => ending.current?.abort(),
  };
}
