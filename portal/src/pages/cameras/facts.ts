// What a camera's video is, in one line.
import type { CameraStatus } from "../../api/types";
import { formatRate } from "../../format";

const codecs: Record<string, string> = {
  h264: "H.264",
  hevc: "H.265",
  h265: "H.265",
  mjpeg: "MJPEG",
  mpeg4: "MPEG-4",
  av1: "AV1",
  vp8: "VP8",
  vp9: "VP9",
};

export const codecName = (codec: string) => codecs[codec.toLowerCase()] ?? codec.toUpperCase();

type Video = Pick<CameraStatus, "codec" | "width" | "height"> & { fps: number };

// "H.264", "1280 × 720", "25.0 fps": what is known of it.
export function videoFacts({ codec, width, height, fps }: Video): string[] {
  return [
    codec && codecName(codec),
    width > 0 && `${width} × ${height}`,
    fps > 0 && `${formatRate(fps)} fps`,
  ].filter((part): part is string => part !== false && part !== "");
}

export const statusFacts = (status: CameraStatus) => videoFacts({ ...status, fps: status.source_fps });
