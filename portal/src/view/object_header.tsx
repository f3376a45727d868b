// The head of an object's own page: the way back to the list, its name and state, and what can be
// done with it: editing first, the rest in a menu, deleting last.
import {
  Breadcrumb,
  BreadcrumbDivider,
  BreadcrumbItem,
  Button,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { DeleteRegular, EditRegular, MoreHorizontalRegular, type FluentIcon } from "@fluentui/react-icons";
import { useState, type ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import type { EditableKind } from "../api/kinds";
import { useMay } from "../api/session";
import { DeleteDialog } from "../list/delete_dialog";
import { PageHeader } from "../parts/page_header";
import { text } from "../strings/view";

const useStyles = makeStyles({
  path: { marginLeft: "-8px" },
  crumb: {
    padding: "0 8px",
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground2,
    textDecoration: "none",
    ":hover": { color: tokens.colorNeutralForeground1, textDecoration: "underline" },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
});

export type MenuAction = {
  text: string;
  icon: FluentIcon;
  run: () => void;
  forViewers?: boolean; // it changes nothing
};

type Props = {
  kind: EditableKind;
  object: { id: string; revision: number; name: string };
  list: { to: string; title: string; things: string };
  pill?: ReactNode;
  detail?: ReactNode;
  menu?: readonly MenuAction[];
  deleteDetail: string;
  removable?: boolean;
  // Further actions, left of the menu.
  children?: ReactNode;
};

export function ObjectHeader({ kind, object, list, pill, detail, menu = [], deleteDetail, removable = true, children }: Props) {
  const styles = useStyles();
  const navigate = useNavigate();
  const mayChange = useMay("operator");
  const [deleting, setDeleting] = useState(false);
  const actions: MenuAction[] = [
    ...menu.filter(({ forViewers }) => mayChange || forViewers),
    ...(mayChange && removable ? [{ text: text.remove, icon: DeleteRegular, run: () => setDeleting(true) }] : []),
  ];
  return (
    <>
      <Breadcrumb className={styles.path} size="small">
        <BreadcrumbItem>
          <Link className={styles.crumb} to={list.to}>
            {list.title}
          </Link>
        </BreadcrumbItem>
        <BreadcrumbDivider aria-hidden />
      </Breadcrumb>
      <PageHeader
        title={object.name}
        pill={pill}
        detail={detail}
        primary={
          mayChange
            ? { text: text.edit(kind), icon: EditRegular, to: `${list.to}/${encodeURIComponent(object.id)}/edit` }
            : undefined
        }
      >
        {children}
        {actions.length > 0 && (
          <Menu positioning="below-end">
            <MenuTrigger disableButtonEnhancement>
              <Button appearance="subtle" icon={<MoreHorizontalRegular />} aria-label={text.more} />
            </MenuTrigger>
            <MenuPopover>
              <MenuList>
                {actions.map(({ text: name, icon: Icon, run }) => (
                  <MenuItem key={name} icon={<Icon />} onClick={run}>
                    {name}
                  </MenuItem>
                ))}
              </MenuList>
            </MenuPopover>
          </Menu>
        )}
      </PageHeader>
      {deleting && (
        <DeleteDialog
          kind={kind}
          things={list.things}
          items={[object]}
          detail={deleteDetail}
          onClose={() => setDeleting(false)}
          onDeleted={() => void navigate(list.to)}
        />
      )}
    </>
  );
}
