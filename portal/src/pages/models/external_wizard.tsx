// Adding a model from a file: the model, then the import of the file as its first version.
import { useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { useNavigate } from "react-router";
import { ApiError, del, post } from "../../api/client";
import { putJob } from "../../api/jobs";
import { kindPath } from "../../api/kinds";
import type { Job, Model, ModelTask } from "../../api/types";
import { RadioField, TextField } from "../../form/fields";
import { NameField, nameProblems } from "../../form/name_field";
import { useUpload, type UploadRun } from "../../form/use_upload";
import { formatCount } from "../../format";
import { text } from "../../strings/models";
import { Wizard, type Step } from "../../wizard/wizard";
import { parseLabels } from "./labels";
import { checkFile, importBody, noFile, type FileDraft } from "./model_file";
import { ModelFileFields } from "./model_file_fields";

type Draft = FileDraft & {
  name: string;
  task: ModelTask;
  description: string;
  license: string;
  tags: Record<string, string>;
};

const blank: Draft = { name: "", task: "detection", ...noFile, description: "", license: "", tags: {} };

const tasks = (["detection", "classification"] as const).map((value) => ({
  value,
  text: text.task[value],
  detail: text.taskHint[value],
}));

const basics = (run: UploadRun): Step<Draft> => ({
  id: "basics",
  title: text.basics,
  fields: ["name", "task", "format", "upload", "manifest", "labels", "description", "license"],
  render: ({ field }) => (
    <>
      <NameField field={field("name")} label={text.name} placeholder={text.namePlaceholder} />
      <RadioField field={field("task")} label={text.type} choices={tasks} required />
      <ModelFileFields
        run={run}
        fields={{ format: field("format"), upload: field("upload"), manifest: field("manifest"), labels: field("labels") }}
      />
      <TextField field={field("description")} label={text.description} lines={2} />
      <TextField
        field={field("license")}
        label={text.license}
        placeholder={text.licensePlaceholder}
        hint={text.licenseHint}
        maxLength={256}
      />
    </>
  ),
  check: (draft) => [
    ...nameProblems(draft.name, text.name),
    ...checkFile(draft),
  ],
});

export default function AddExternalModel() {
  const navigate = useNavigate();
  const cache = useQueryClient();
  const run = useUpload();
  const job = useRef<Job>(undefined);

  const store = async (body: object, draft: Draft): Promise<Model> => {
    const model = await post<Model>("/models", body);
    try {
      job.current = await post<Job>(`${kindPath("model", model.id)}/versions`, importBody(draft));
      putJob(cache, job.current);
      return model;
    } catch (error) {
      // A model without its file is of no use: nothing half-made stays.
      await del(kindPath("model", model.id)).catch(() => undefined);
      if (error instanceof ApiError && error.status === 404) {
        throw new ApiError({ status: 404, detail: error.message, field: "upload" });
      }
      throw error;
    }
  };

  return (
    <Wizard
      kind="model"
      title={text.createExternal}
      draftName="model.external"
      steps={[basics(run)]}
      initial={blank}
      createText={text.addButton}
      toBody={({ name, task, description, license, labels, tags }) => ({
        source: "external",
        name: name.trim(),
        task,
        description,
        license: license.trim(),
        labels: [...new Set(parseLabels(labels).filter(Boolean))],
        tags,
      })}
      store={store}
      review={({ name, task, upload, labels }) => {
        const count = parseLabels(labels).length;
        return (
          <>
            <p>
              {text.reviewExternal(
                name.trim() === "" ? text.unnamed : `“${name.trim()}”`,
                text.kind[task === "detection" ? "detection" : "multiclass"],
                upload?.name ?? text.noFile,
              )}{" "}
              {count > 0 ? text.reviewLabels(formatCount(count)) : text.reviewOwnLabels}
            </p>
            <p>{text.reviewImport}</p>
          </>
        );
      }}
      onDone={({ id }) =>
        void navigate(`/models/${encodeURIComponent(id)}${job.current ? `?job=${encodeURIComponent(job.current.id)}` : ""}`)
      }
      cancelTo="/models"
    />
  );
}
