// One field of a form: its value, how to change it, and what is wrong with it.

export type FieldOf<T> = {
  path: string; // as in the server's problems: "name", "cameras.0.skills"
  value: T;
  set: (value: T) => void;
  problems: readonly string[];
};

// The id of a field's control, so that a problem can lead to it.
export function fieldId(path: string): string {
  return `field-${path}`;
}

// What every field component takes.
export type FieldProps<T> = {
  field: FieldOf<T>;
  label: string;
  hint?: string | undefined;
  required?: boolean | undefined;
  disabled?: boolean | undefined;
};
