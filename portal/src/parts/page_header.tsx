// The head of a page: its name, what it is for, and its one primary action at the right.
import {
  Button,
  Menu,
  MenuButton,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Text,
  Title2,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import type { FluentIcon } from "@fluentui/react-icons";
import type { ReactNode } from "react";
import { useNavigate } from "react-router";

const useStyles = makeStyles({
  root: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    justifyContent: "space-between",
    gap: "8px 16px",
    minHeight: "48px",
    marginBottom: "12px",
  },
  names: { minWidth: 0, flex: "1 1 240px" },
  line: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: "4px 12px" },
  title: { overflowWrap: "anywhere" },
  detail: { color: tokens.colorNeutralForeground2 },
  actions: { display: "flex", flexWrap: "wrap", gap: "8px", alignItems: "center" },
});

type Action = { text: string; icon?: FluentIcon } & ({ to: string } | { run: () => void });

// With `choices` it opens a menu of the ways to do it.
export type PrimaryAction = Action | { text: string; icon?: FluentIcon; choices: readonly (Action & { detail?: string })[] };

type Props = {
  title: string;
  // The state of what the page is about, beside its name and no part of it.
  pill?: ReactNode;
  detail?: ReactNode;
  primary?: PrimaryAction | undefined;
  // Further actions, left of the primary one.
  children?: ReactNode;
};

export function PageHeader({ title, pill, detail, primary, children }: Props) {
  const styles = useStyles();
  return (
    <header className={styles.root}>
      <div className={styles.names}>
        <div className={styles.line}>
          <Title2 as="h1" className={styles.title}>
            {title}
          </Title2>
          {pill}
        </div>
        {detail && <Text className={styles.detail}>{detail}</Text>}
      </div>
      <div className={styles.actions}>
        {children}
        {primary && <PrimaryButton action={primary} />}
      </div>
    </header>
  );
}

export function PrimaryButton({ action }: { action: PrimaryAction }) {
  const navigate = useNavigate();
  const Icon = action.icon;
  const run = (what: Action) => ("to" in what ? void navigate(what.to) : what.run());
  if (!("choices" in action)) {
    return (
      <Button appearance="primary" {...(Icon && { icon: <Icon /> })} onClick={() => run(action)}>
        {action.text}
      </Button>
    );
  }
  return (
    <Menu positioning="below-end">
      <MenuTrigger disableButtonEnhancement>
        <MenuButton appearance="primary" {...(Icon && { icon: <Icon /> })}>
          {action.text}
        </MenuButton>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {action.choices.map(({ icon: ChoiceIcon, detail, ...choice }) => (
            <MenuItem
              key={choice.text}
              {...(ChoiceIcon && { icon: <ChoiceIcon /> })}
              {...(detail && { subText: detail })}
              onClick={() => run(choice)}
            >
              {choice.text}
            </MenuItem>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
