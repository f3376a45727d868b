// Short messages that come up at the corner and go by themselves.
import {
  Link as FluentLink,
  Toast,
  ToastBody,
  ToastFooter,
  ToastTitle,
  Toaster,
  useId,
  useToastController,
  type ToastIntent,
} from "@fluentui/react-components";
import { createContext, useCallback, useContext, type ReactNode } from "react";
import { useNavigate } from "react-router";

export type Message = {
  intent: ToastIntent;
  title: string;
  detail?: string;
  link?: { text: string; to: string };
};

const ToastContext = createContext<(message: Message) => void>(() => undefined);

// Returns the function that shows a message. Failures stay until they are dismissed by time of
// their own, longer than good news.
export function useToast(): (message: Message) => void {
  return useContext(ToastContext);
}

export function Toasts({ children }: { children: ReactNode }) {
  const toaster = useId("toaster");
  const { dispatchToast } = useToastController(toaster);
  const navigate = useNavigate();
  const show = useCallback(
    ({ intent, title, detail, link }: Message) =>
      dispatchToast(
        <Toast>
          <ToastTitle>{title}</ToastTitle>
          {detail && <ToastBody>{detail}</ToastBody>}
          {link && (
            <ToastFooter>
              <FluentLink onClick={() => void navigate(link.to)}>{link.text}</FluentLink>
            </ToastFooter>
          )}
        </Toast>,
        { intent, timeout: intent === "error" ? 12_000 : 5000, pauseOnHover: true },
      ),
    [dispatchToast, navigate],
  );
  return (
    <ToastContext value={show}>
      {children}
      <Toaster toasterId={toaster} position="bottom-end" />
    </ToastContext>
  );
}
