// The page Models: your own ones, the zoo, the wizards, and a page of each model.
import { Suspense, lazy } from "react";
import { Route, Routes } from "react-router";
import { ModelList } from "./model_list";

const Zoo = lazy(() => import("./zoo"));
const ModelView = lazy(() => import("./model_view"));
const CreateCustomModel = lazy(() => import("./custom_wizard").then((m) => ({ default: m.CreateCustomModel })));
const EditModel = lazy(() => import("./custom_wizard").then((m) => ({ default: m.EditModel })));
const AddExternalModel = lazy(() => import("./external_wizard"));

export default function ModelsPage() {
  return (
    <Suspense>
      <Routes>
        <Route index element={<ModelList />} />
        <Route path="zoo" element={<Zoo />} />
        <Route path="new" element={<CreateCustomModel />} />
        <Route path="add" element={<AddExternalModel />} />
        <Route path=":id" element={<ModelView />} />
        <Route path=":id/edit" element={<EditModel />} />
      </Routes>
    </Suspense>
  );
}
