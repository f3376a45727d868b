// The page Cameras: the list, adding, editing, and a camera's own page with its live picture.
import { Suspense, lazy } from "react";
import { Route, Routes } from "react-router";
import { CameraList } from "./camera_list";

const CameraView = lazy(() => import("./camera_view"));
const AddCamera = lazy(() => import("./camera_wizard").then((m) => ({ default: m.AddCamera })));
const EditCamera = lazy(() => import("./camera_wizard").then((m) => ({ default: m.EditCamera })));

export default function CamerasPage() {
  return (
    <Suspense>
      <Routes>
        <Route index element={<CameraList />} />
        <Route path="new" element={<AddCamera />} />
        <Route path=":id" element={<CameraView />} />
        <Route path=":id/edit" element={<EditCamera />} />
      </Routes>
    </Suspense>
  );
}
