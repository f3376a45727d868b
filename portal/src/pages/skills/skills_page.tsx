// The page AI Skills: the list, the wizard, and a skill's own page.
import { Suspense, lazy } from "react";
import { Route, Routes } from "react-router";
import { SkillList } from "./skill_list";

const SkillView = lazy(() => import("./skill_view"));
const AddSkill = lazy(() => import("./skill_wizard").then((m) => ({ default: m.AddSkill })));
const EditSkill = lazy(() => import("./skill_wizard").then((m) => ({ default: m.EditSkill })));

export default function SkillsPage() {
  return (
    <Suspense>
      <Routes>
        <Route index element={<SkillList />} />
        <Route path="new" element={<AddSkill />} />
        <Route path=":id" element={<SkillView />} />
        <Route path=":id/edit" element={<EditSkill />} />
      </Routes>
    </Suspense>
  );
}
