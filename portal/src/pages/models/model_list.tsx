// Your Added Models.
import { Button } from "@fluentui/react-components";
import { BrainCircuitRegular } from "@fluentui/react-icons";
import { useNavigate } from "react-router";
import { useMay } from "../../api/session";
import type { Model } from "../../api/types";
import { formatCount } from "../../format";
import { tagsColumn, updatedColumn } from "../../list/columns";
import { ListPage } from "../../list/list_page";
import { text } from "../../strings/models";
import { ModelPicture } from "./model_picture";
import { ModelPill, modelLine, statuses } from "./model_state";
import { ModelTabs, addModel } from "./model_tabs";

export function ModelList() {
  const navigate = useNavigate();
  const mayChange = useMay("operator");
  const address = ({ id }: Model) => `/models/${encodeURIComponent(id)}`;
  return (
    <ListPage
      kind="model"
      title={text.title}
      things={text.things}
      icon={<BrainCircuitRegular />}
      tabs={<ModelTabs at="yours" />}
      empty={{
        title: text.empty.title,
        detail: text.empty.detail,
        ...(mayChange && {
          children: <Button onClick={() => void navigate("/models/zoo")}>{text.empty.browse}</Button>,
        }),
      }}
      primary={addModel}
      viewAddress={address}
      editAddress={(model) => `${address(model)}/edit`}
      removeDetail={text.deleteDetail}
      statuses={statuses}
      card={{
        picture: ({ task, labels, name }) => <ModelPicture task={task} labels={labels} name={name} />,
        pill: (model) => <ModelPill model={model} size="small" />,
        line: modelLine,
      }}
      columns={[
        { id: "status", title: text.column.status, sort: "status", width: "120px", render: (model) => <ModelPill model={model} size="small" /> },
        { id: "type", title: text.column.type, width: "150px", render: ({ task }) => text.task[task] },
        { id: "objects", title: text.column.objects, numeric: true, width: "90px", render: ({ labels }) => formatCount(labels.length) },
        { id: "source", title: text.column.source, width: "110px", render: ({ source }) => text.source[source] },
        tagsColumn,
        updatedColumn,
      ]}
    />
  );
}
