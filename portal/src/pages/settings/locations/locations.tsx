// The section Locations: list, create, edit. The smallest complete use of the list and wizard kits.
import { AddRegular, LocationRegular } from "@fluentui/react-icons";
import { Route, Routes, useNavigate } from "react-router";
import type { Location } from "../../../api/types";
import { TextField } from "../../../form/fields";
import { NameField, nameProblems } from "../../../form/name_field";
import { tagsColumn, updatedColumn } from "../../../list/columns";
import { ListPage } from "../../../list/list_page";
import { text as settings } from "../../../strings/settings";
import { EditPage, EditWizard, Wizard, type Step } from "../../../wizard/wizard";

const text = settings.locations;
const kAddress = "/settings/locations";

export default function Locations() {
  return (
    <Routes>
      <Route index element={<LocationList />} />
      <Route path="new" element={<CreateLocation />} />
      <Route path=":id" element={<EditLocation />} />
    </Routes>
  );
}

function LocationList() {
  return (
    <ListPage
      kind="location"
      title={text.title}
      detail={text.detail}
      things={text.things}
      icon={<LocationRegular />}
      empty={text.empty}
      primary={{ text: text.add, icon: AddRegular, to: `${kAddress}/new` }}
      editAddress={({ id }) => `${kAddress}/${encodeURIComponent(id)}`}
      removeDetail={text.deleteDetail}
      columns={[
        { id: "description", title: text.description, render: ({ description }) => description },
        tagsColumn,
        updatedColumn,
      ]}
    />
  );
}

type Draft = { name: string; description: string; tags: Record<string, string> };

const basics: Step<Draft> = {
  id: "basics",
  title: text.basics,
  fields: ["name", "description"],
  render: ({ field }) => (
    <>
      <NameField field={field("name")} label={text.name} placeholder={text.namePlaceholder} />
      <TextField
        field={field("description")}
        label={text.description}
        hint={text.descriptionHint}
        lines={3}
      />
    </>
  ),
  check: ({ name }) => nameProblems(name, text.name),
};

const toDraft = ({ name, description, tags }: Location): Draft => ({
  name,
  description: description ?? "",
  tags,
});

function sentences(first: string, { description }: Draft) {
  return (
    <p>
      {first} {description !== "" && text.described(description)}
    </p>
  );
}

const named = ({ name }: Draft) => (name === "" ? text.unnamed : `“${name}”`);

function CreateLocation() {
  const navigate = useNavigate();
  return (
    <Wizard
      kind="location"
      title={text.create}
      steps={[basics]}
      initial={{ name: "", description: "", tags: {} }}
      review={(draft) => sentences(text.review(named(draft)), draft)}
      onDone={() => void navigate(kAddress)}
      cancelTo={kAddress}
    />
  );
}

function EditLocation() {
  return (
    <EditPage kind="location" list={kAddress}>
      {(location) => (
        <EditWizard
          kind="location"
          object={location}
          title={text.edit(location.name)}
          steps={[basics]}
          toDraft={toDraft}
          review={(draft) => sentences(text.reviewEdit(named(draft)), draft)}
          doneTo={kAddress}
        />
      )}
    </EditPage>
  );
}
