// Keeps a fault in one page from taking the portal down.
import { Component, type ReactNode } from "react";
import { strings } from "../strings";
import { Notice } from "./notice";

export class PageFailure extends Component<{ children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {};

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    if (!this.state.error) return this.props.children;
    return (
      <Notice
        title={strings.pageFailed}
        detail={this.state.error.message}
        action={{ text: strings.reload, run: () => location.reload() }}
      />
    );
  }
}
