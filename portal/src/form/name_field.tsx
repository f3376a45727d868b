// The name of an object: the first field of each wizard, always needed.
import type { FieldProblem } from "../api/types";
import { text } from "../strings/form";
import type { FieldProps } from "./field";
import { TextField } from "./fields";

export function NameField(props: FieldProps<string> & { placeholder?: string | undefined }) {
  return <TextField {...props} maxLength={100} required autoFocus />;
}

// What can be said of it at once; that it is taken, the server says.
export function nameProblems(name: string, label: string): FieldProblem[] {
  return name.trim() === "" ? [{ field: "name", detail: text.required(label) }] : [];
}
