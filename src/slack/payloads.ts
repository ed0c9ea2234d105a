import { z } from 'zod';

/*
 * What Slack sends, as far as it is used. Ids keep their form, because they go into calls, journals and hashes;
 * everything else that a person can choose is text and treated as such.
 */
const UserId = z.string().regex(/^[UW][A-Z0-9]{1,30}$/);
const ChannelId = z.string().regex(/^[A-Z][A-Z0-9]{1,30}$/);
const TeamId = z.string().regex(/^[TE][A-Z0-9]{1,30}$/);
const TriggerId = z.string().min(1).max(300);
const ResponseUrl = z.string().max(2_000);

/** `team_id` is the person's own workspace; the payload's `team` is where it happened, and decides nothing. */
const Person = z.object({ id: UserId, team_id: TeamId.optional() });

export const SlashCommand = z.object({
  command: z.string().min(1).max(100),
  text: z.string().default(''),
  user_id: UserId,
  team_id: TeamId,
  channel_id: ChannelId,
  trigger_id: TriggerId,
  response_url: ResponseUrl.optional(),
});
export type SlashCommand = z.infer<typeof SlashCommand>;

/** What stands in the blocks of a form now. */
const StateValues = z.record(z.string(), z.record(z.string(), z.unknown()));

export const FormView = z.object({
  id: z.string().max(100),
  callback_id: z.string().max(255).default(''),
  private_metadata: z.string().max(3_000).default(''),
  hash: z.string().max(200).optional(),
  state: z.object({ values: StateValues }).default({ values: {} }),
  blocks: z.array(z.unknown()).default([]),
});
export type FormView = z.infer<typeof FormView>;

export const BlockActions = z.object({
  type: z.literal('block_actions'),
  user: Person,
  channel: z.object({ id: ChannelId }).optional(),
  trigger_id: TriggerId,
  response_url: ResponseUrl.optional(),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().max(2_000).optional() })).min(1),
  view: FormView.optional(),
});
export type BlockActions = z.infer<typeof BlockActions>;

export const BlockSuggestion = z.object({
  type: z.literal('block_suggestion'),
  user: Person,
  action_id: z.string().max(255),
  value: z.string().max(3_000).default(''),
  view: FormView,
});
export type BlockSuggestion = z.infer<typeof BlockSuggestion>;

export const ViewSubmission = z.object({
  type: z.literal('view_submission'),
  user: Person,
  trigger_id: TriggerId.optional(),
  view: FormView,
});
export type ViewSubmission = z.infer<typeof ViewSubmission>;
