// The page Compute Devices: the list, adding, editing, and a device's own page.
import { Suspense, lazy } from "react";
import { Route, Routes } from "react-router";
import { DeviceList } from "./device_list";

const DeviceView = lazy(() => import("./device_view"));
const AddDevice = lazy(() => import("./device_wizard").then((m) => ({ default: m.AddDevice })));
const EditDevice = lazy(() => import("./device_wizard").then((m) => ({ default: m.EditDevice })));

export default function DevicesPage() {
  return (
    <Suspense>
      <Routes>
        <Route index element={<DeviceList />} />
        <Route path="new" element={<AddDevice />} />
        <Route path=":id" element={<DeviceView />} />
        <Route path=":id/edit" element={<EditDevice />} />
      </Routes>
    </Suspense>
  );
}
