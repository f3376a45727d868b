// Text of the upload field.
export const text = {
  drop: "Drop the file here, or",
  choose: "Choose file",
  another: "Choose another",
  again: "Try again",
  cancel: "Cancel upload",
  sent: (sent: string, all: string, percent: string) => `${sent} of ${all} · ${percent}`,
  done: "Uploaded",
  cancelled: "The upload was cancelled; nothing of it was kept.",
  failed: (name: string, cause: string) => `${name} was not uploaded: ${cause}`,
};
