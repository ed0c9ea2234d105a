/** A fault or a setting that can be switched while everything runs. */
export interface PageSwitch {
  readonly id: string;
  readonly label: string;
  /** The heading that it stands under: "Slack", "Vault". */
  readonly group: string;
  /** What will happen, in a few words. */
  readonly hint?: string;
  get(): boolean;
  set(on: boolean): void | Promise<void>;
}

/** How a badge looks; its words carry the meaning too. */
export type Tone = 'good' | 'warn' | 'bad' | 'busy' | 'quiet';

export interface PanelAction {
  readonly id: string;
  readonly label: string;
  run(): void | Promise<void>;
}

/** One thing behind the scenes: a replica, a secret, an ExternalSecret, a workload. Never a value. */
export interface PanelRow {
  readonly id: string;
  readonly label: string;
  /** Shown small below the label. */
  readonly detail?: string;
  readonly badge?: { readonly text: string; readonly tone: Tone };
  readonly actions?: readonly PanelAction[];
}

export interface PagePanel {
  readonly id: string;
  readonly title: string;
  /** Looked at a few times a second while somebody watches: cheap, and without side effects. */
  rows(): readonly PanelRow[];
}

/** Panels and switches as the page is sent them. */
export interface PanelsShown {
  readonly panels: readonly {
    readonly id: string;
    readonly title: string;
    readonly rows: readonly (Omit<PanelRow, 'actions'> & {
      readonly actions: readonly { readonly id: string; readonly label: string }[];
    })[];
  }[];
  readonly switches: readonly (Pick<PageSwitch, 'id' | 'label' | 'group' | 'hint'> & {
    readonly on: boolean;
  })[];
}

/** What panels and switches show now, without the functions behind them. */
export function showPanels(panels: readonly PagePanel[], switches: readonly PageSwitch[]): PanelsShown {
  return {
    panels: panels.map((panel) => ({
      id: panel.id,
      title: panel.title,
      rows: panel.rows().map((row) => ({
        ...row,
        actions: (row.actions ?? []).map((action) => ({ id: action.id, label: action.label })),
      })),
    })),
    switches: switches.map((each) => ({
      id: each.id,
      label: each.label,
      group: each.group,
      ...(each.hint === undefined ? {} : { hint: each.hint }),
      on: each.get(),
    })),
  };
}
