// The page of one object, whose id stands in the address: fetched, not there, or not to be had.
import { Skeleton, SkeletonItem, makeStyles } from "@fluentui/react-components";
import { Fragment, type ReactNode } from "react";
import { useParams } from "react-router";
import { ApiError } from "../api/client";
import type { EditableKind, ObjectOf } from "../api/kinds";
import { useObject } from "../api/objects";
import { LoadFailed, Notice } from "../shell/notice";
import { text } from "../strings/view";

const useStyles = makeStyles({
  skeleton: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "16px" },
});

export type ObjectPageProps<K extends EditableKind> = {
  kind: K;
  list: string; // where all of them are
  // As large as what comes, so that nothing jumps.
  skeleton?: ReactNode;
  children: (object: ObjectOf<K>) => ReactNode;
};

export function ObjectPage<K extends EditableKind>({ kind, list, skeleton, children }: ObjectPageProps<K>) {
  const { id = "" } = useParams();
  const { data: object, error, refetch } = useObject(kind, id);
  if (error instanceof ApiError && error.status === 404) {
    return (
      <Notice
        title={text.unknown(kind, id)}
        detail={text.unknownDetail}
        action={{ text: text.toList(kind), to: list }}
      />
    );
  }
  if (object) return <Fragment key={id}>{children(object)}</Fragment>;
  if (error) return <LoadFailed error={error} onAgain={() => void refetch()} />;
  return skeleton ?? <ViewSkeleton kind={kind} />;
}

export function ViewSkeleton({ kind }: { kind: EditableKind }) {
  const styles = useStyles();
  return (
    <Skeleton className={styles.skeleton} aria-label={text.loading(kind)}>
      <SkeletonItem style={{ height: 64, width: 320 }} />
      <SkeletonItem style={{ height: 180 }} />
      <SkeletonItem style={{ height: 240 }} />
    </Skeleton>
  );
}
