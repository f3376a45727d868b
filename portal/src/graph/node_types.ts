// The types of nodes this POSS has, as it declares them.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { get } from "../api/client";
import type { NodeType as Declared } from "../api/types";
import type { Schema } from "../form/schema";

export type NodeType = Omit<Declared, "settings"> & { settings: Schema };
export type Port = NodeType["inputs"][number];

export type NodeTypes = ReadonlyMap<string, NodeType>;

// They never change while the server runs. `undefined` until they are known.
export function useNodeTypes(): { types: NodeTypes | undefined; error: Error | null } {
  const { data, error } = useQuery({
    queryKey: ["node_types"],
    queryFn: ({ signal }) => get<{ items: NodeType[] }>("/node_types", {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const types = useMemo(
    () => data && new Map(data.items.map((type) => [type.type, type] as const)),
    [data],
  );
  return { types, error };
}
