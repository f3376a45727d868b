// Text of the page Home.
import type { Settings } from "../api/types";

const limit = (days: number, gigabytes: number) => `${days} days or ${gigabytes} GB`;

export const text = {
  title: "Home",
  welcome: "Let a camera tell you what it sees",
  welcomeDetail:
    "POSS watches cameras and runs AI skills on their pictures, all on this machine. These steps lead to the first insight.",

  started: {
    title: "Getting started",
    done: (done: number, all: number) => `${done} of ${all} done`,
    hide: "Hide",
    ticked: "Done",
    open: "To do",
    camera: { title: "Add a camera", detail: "An IP camera, a USB camera, a file or a folder of pictures." },
    model: { title: "Pick a model", detail: "One that is ready to use, or one of your own." },
    skill: { title: "Compose an AI skill", detail: "Connect a camera, models and what should happen." },
    deployment: { title: "Deploy it", detail: "Let the skill look at your cameras." },
    insights: { title: "See insights", detail: "What was seen, as it happens and over time." },
  },

  cameras: {
    title: "Cameras",
    all: (n: string) => `Show all ${n}`,
    picture: (name: string, state: string) => `${name}, ${state}`,
    none: "No camera yet",
  },

  attention: {
    title: "Needs attention",
    nothing: "Everything is as it should be.",
    of: (n: string) => `Only the first ${n} cameras and deployments were looked at.`,
    job: "Failed",
    more: (n: number) => `and ${n} more`,
  },

  running: {
    title: "What is running",
    nothing: "No deployment is running.",
    deploy: "Deploy a skill",
    streams: (n: number) => (n === 1 ? "1 skill on a camera" : `${n} skills on cameras`),
    rate: (reached: string, asked: string) => `${reached} of ${asked} fps`,
    everyFrame: (reached: string) => `${reached} fps`,
    all: "Show all",
  },

  system: {
    title: "System",
    disk: "Disk",
    free: (free: string, total: string) => `${free} free of ${total}`,
    diskLow: "The disk is nearly full: POSS will delete the oldest recordings and insights.",
    store: "Store",
    version: "Version",
    machine: "Machine",
    uptime: "Running for",
    retention: ({ insight_days, insight_gb, recording_days, recording_gb, disk_floor_gb }: Settings) =>
      `Insights are kept for ${limit(insight_days, insight_gb)}, recordings for ${limit(recording_days, recording_gb)}, whichever is reached first. When less than ${disk_floor_gb} GB of disk are free, the oldest are deleted.`,
    change: "Change",
  },
};
