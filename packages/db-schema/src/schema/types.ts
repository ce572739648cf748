import type { InferInsertModel, InferSelectModel } from "drizzle-orm";
import type {
  answerFeedback,
  conversations,
  deployments,
  invoices,
  messages,
  projectFiles,
  projects,
  subscriptionChanges,
  subscriptions,
  users,
} from "./app.ts";

// Rows as they are read, and as they may be inserted (without generated columns, defaults optional).

export type User = InferSelectModel<typeof users>;
export type NewUser = InferInsertModel<typeof users>;
export type Project = InferSelectModel<typeof projects>;
export type NewProject = InferInsertModel<typeof projects>;
export type ProjectFile = InferSelectModel<typeof projectFiles>;
export type NewProjectFile = InferInsertModel<typeof projectFiles>;
export type Conversation = InferSelectModel<typeof conversations>;
export type NewConversation = InferInsertModel<typeof conversations>;
export type Message = InferSelectModel<typeof messages>;
export type NewMessage = InferInsertModel<typeof messages>;
export type Subscription = InferSelectModel<typeof subscriptions>;
export type NewSubscription = InferInsertModel<typeof subscriptions>;
export type SubscriptionChange = InferSelectModel<typeof subscriptionChanges>;
export type NewSubscriptionChange = InferInsertModel<typeof subscriptionChanges>;
export type Invoice = InferSelectModel<typeof invoices>;
export type NewInvoice = InferInsertModel<typeof invoices>;
export type Deployment = InferSelectModel<typeof deployments>;
export type NewDeployment = InferInsertModel<typeof deployments>;
export type AnswerFeedback = InferSelectModel<typeof answerFeedback>;
export type NewAnswerFeedback = InferInsertModel<typeof answerFeedback>;
