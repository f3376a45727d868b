// What can be said of a new password before it is sent.
import type { FieldProblem } from "../../../api/types";
import { text as people } from "../../../strings/people";

const text = people.password;
const kShortest = 10; // characters

export type Passwords = { current: string | undefined; next: string | undefined; again: string | undefined };

export const noPasswords: Passwords = { current: undefined, next: undefined, again: undefined };

export function checkPassword({ current = "", next = "", again = "" }: Passwords): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (current === "") problems.push({ field: "current", detail: text.needed });
  if ([...next].length < kShortest) problems.push({ field: "new", detail: text.short });
  else if (next === current) problems.push({ field: "new", detail: text.same });
  else if (again !== next) problems.push({ field: "again", detail: text.differs });
  return problems;
}
