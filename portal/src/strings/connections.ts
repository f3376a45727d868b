// Text of the section Connections.
import type { ConnectionType } from "../api/types";

type Words = { label: string; placeholder?: string; hint?: string };
type TypeText = {
  name: string;
  detail: string; // what it is for
  address?: Words;
  user?: Words;
  credentials?: Words;
};

const caFile: Words = {
  label: "CA certificate file",
  placeholder: "/etc/ssl/my_ca.pem",
  hint: "Optional. A PEM file on this machine, where the server's certificate is signed by an authority of your own.",
};

export const text = {
  title: "Connections",
  things: "connections",
  detail: "Other systems that skills send to, and that models and pictures come from.",
  add: "Add connection",
  empty: {
    title: "Connect POSS to your other systems",
    detail:
      "A connection keeps the address and the credentials of a broker, a web hook or a cloud service in one place, encrypted. AI skills then name it instead of holding passwords.",
  },
  deleteDetail: "AI skills that send through it have to be changed first.",
  column: { type: "Type", address: "Address", user: "User name" },
  basics: "Basics",
  create: "Add connection",
  edit: (name: string) => `Edit ${name}`,
  name: "Connection name",
  namePlaceholder: "Broker in the hall",
  type: "Type",
  unnamed: "without a name yet",
  review: (name: string, type: string) => `A connection ${name} to ${type} will be added.`,
  reviewEdit: (name: string, type: string) => `The connection ${name} to ${type} will be changed.`,
  reviewAddress: (address: string) => `Its address is ${address}.`,
  reviewUser: (user: string) => `POSS signs in as ${user}.`,
  reviewSecret: "The credentials are kept encrypted and never shown again.",
  needed: (label: string) => `${label} is needed.`,

  types: {
    mqtt: {
      name: "MQTT broker",
      detail: "Insights as messages of a topic, such as to Mosquitto or HiveMQ.",
      address: { label: "Broker", placeholder: "mqtts://broker.lan:8883", hint: "mqtt:// without, mqtts:// with TLS. Without a port it is 1883 or 8883." },
      user: { label: "User name" },
      credentials: { label: "Password" },
    },
    webhook: {
      name: "Webhook",
      detail: "Insights by HTTP POST to a server of yours.",
      address: { label: "URL", placeholder: "https://example.com/insights" },
      user: { label: "User name", hint: "Only for Basic authentication. Leave it empty to send a bearer token." },
      credentials: { label: "Password or token", hint: "With a user name its password, else a bearer token." },
    },
    smtp: {
      name: "Mail server (SMTP)",
      detail: "E-mails about what was seen.",
      address: { label: "Server", placeholder: "smtp://mail.example.com:587", hint: "smtp:// begins TLS by STARTTLS, smtps:// at once." },
      user: { label: "User name", placeholder: "poss@example.com" },
      credentials: { label: "Password" },
    },
    azure_storage: {
      name: "Azure Storage",
      detail: "Pictures and video snippets into blobs; models and pictures from them.",
      address: { label: "Account URL", placeholder: "https://ACCOUNT.blob.core.windows.net", hint: "Not needed with a connection string or a SAS URL: they name it." },
      user: { label: "Account name", hint: "Only where the URL does not begin with it, as with an emulator." },
      credentials: { label: "Connection string, SAS token or key", hint: "From Access keys or Shared access signature of the storage account." },
    },
    iot_hub: {
      name: "Azure IoT Hub",
      detail: "Insights as device-to-cloud messages.",
      credentials: {
        label: "Device connection string",
        hint: "HostName=…;DeviceId=…;SharedAccessKey=…, from the device's page in the IoT Hub.",
      },
    },
    iot_edge: {
      name: "Azure IoT Edge",
      detail: "Insights to the other modules of the IoT Edge device that POSS runs on. There is nothing to fill in: the runtime tells POSS where it is.",
    },
    custom_vision: {
      name: "Azure Custom Vision",
      detail: "Projects, with their pictures and models.",
      address: { label: "Endpoint", placeholder: "https://NAME.cognitiveservices.azure.com", hint: "Of the training resource." },
      credentials: { label: "Training key", hint: "From Keys and Endpoint of the training resource; the prediction key does not do." },
    },
  } satisfies Record<ConnectionType, TypeText> as Record<ConnectionType, TypeText>,

  settings: {
    ca_file: caFile,
    client_id: { label: "Client ID", placeholder: "poss-hall", hint: "Optional. Made up by POSS where it is empty." },
    container: { label: "Container", placeholder: "insights", hint: "Optional. Test then looks whether it is there." },
    tls: { label: "Allow a connection without TLS", hint: "The password then goes over the network unencrypted: only in a network you trust." },
  } satisfies Record<string, Words> as Record<string, Words>,

  wrong: {
    mqtt: "A broker is a host and a port, or begins with mqtt:// or mqtts://.",
    http: "A URL begins with https:// or http://.",
    smtp: "A mail server is a host and a port, or begins with smtp:// or smtps://.",
    password: "Leave the password out of the address: it has a field of its own.",
  },

  test: {
    title: "Test",
    before: "Test connects and signs in. It sends nothing and leaves nothing behind.",
    button: "Test",
    again: "Test again",
    cancel: "Cancel",
    running: "Connecting",
    works: "It works",
    fails: "It does not work",
    notTested: "The test could not be made",
    cancelled: "The test was cancelled.",
    changed: "The connection has been changed since this test.",
    answered: "It answered.",
  },
};
