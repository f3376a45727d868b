// Text of signing in and of the set-up.
export const text = {
  signIn: "Sign in",
  signInTitle: "Sign in to POSS",
  userName: "User name",
  password: "Password",
  passwordHint: "At least 12 characters.",
  passwordAgain: "Password, again",
  different: "The two passwords differ.",
  tooShort: "The password needs at least 12 characters.",
  needed: (label: string) => `${label} is needed.`,
  signInButton: "Sign in",
  signingIn: "Signing in…",
  setUp: "Set-up",
  setUpTitle: "Welcome to POSS",
  setUpDetail: "Name the first administrator. Further people can be added in the settings.",
  setUpButton: "Create administrator",
  settingUp: "Creating…",
  noToken: "Open the set-up link",
  noTokenDetail:
    "POSS printed a link when it was started for the first time. Open that link to name the first administrator; the log of POSS has it too.",
  alreadySetUp: "POSS is set up already",
  alreadySetUpDetail: "An administrator has been named. Sign in with that name.",
};
