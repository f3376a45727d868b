// A camera's newest picture as a still.
import { useEffect, useState } from "react";
import { getPicture } from "../api/client";

type Props = {
  camera: string;
  width: number; // pixels to ask for, at most
  version: string; // another one: the picture is fetched anew; until it has come the old one stays
  className?: string;
  alt: string;
};

// Nothing at all while there is no picture.
export function Snapshot({ camera, width, version, className, alt }: Props) {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const ended = new AbortController();
    getPicture(`/cameras/${encodeURIComponent(camera)}/snapshot`, { width }, ended.signal).then(
      (picture) => {
        if (!ended.signal.aborted) setUrl(URL.createObjectURL(picture));
      },
      // There may be none yet; the next version tries again.
      () => undefined,
    );
    return () => ended.abort();
  }, [camera, width, version]);
  useEffect(() => {
    if (url) return () => URL.revokeObjectURL(url);
    return undefined;
  }, [url]);
  return url ? <img className={className} src={url} alt={alt} /> : null;
}
