// Text of the settings.
export const text = {
  title: "Settings",
  sections: "Settings",
  noSection: "There is no such setting",
  locations: {
    title: "Locations",
    things: "locations",
    detail: "Where cameras stand.",
    add: "Add location",
    name: "Location name",
    namePlaceholder: "North entrance",
    description: "Description",
    descriptionHint: "What somebody who has never been there should know.",
    lastChanged: "Last changed",
    empty: {
      title: "Name the places you watch",
      detail:
        "A location groups the cameras of one place, so that they are found together. Name the first one here, or while adding a camera.",
    },
    create: "Create location",
    edit: (name: string) => `Edit ${name}`,
    basics: "Basics",
    unnamed: "without a name yet",
    review: (name: string) => `A location ${name} will be created. Cameras can then be put there.`,
    reviewEdit: (name: string) => `The location ${name} will be changed.`,
    described: (description: string) => `It is described as “${description}”.`,
    deleteDetail: "Cameras that stand there have to be moved first.",
  },
};
