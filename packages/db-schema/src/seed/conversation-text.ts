import type { Topic } from "./banks/topic.ts";
import { topicsEn, wordsEn } from "./banks/topics-en.ts";
import { topicsFr, wordsFr } from "./banks/topics-fr.ts";
import { entityAt, type ProjectText } from "./project-text.ts";
import { below, chance, kinds, pick, streamOf } from "./random.ts";
import { fill, type Locale, type Slots, slotsOf } from "./text.ts";

export const topicBanks = {
  fr: { topics: topicsFr, words: wordsFr },
  en: { topics: topicsEn, words: wordsEn },
} as const;

/** What a conversation is about: it goes through the exchanges of one topic, then on to the next topic. */
export interface ConversationText {
  locale: Locale;
  title: string;
  slots: Slots;
  firstTopic: number;
  firstExchange: number;
}

export function conversationText(
  seed: number,
  index: number,
  project: ProjectText,
  locale: Locale,
): ConversationText {
  const s = streamOf(seed, kinds.conversation, index, 1);
  const { topics } = topicBanks[locale];
  const entity = below(s, project.domain.entities.length);
  const slots = slotsOf(
    project.domain,
    entityAt(project.domain, entity),
    entityAt(project.domain, entity + 1),
    locale,
    project.name,
  );
  const firstTopic = below(s, topics.length);
  const topic = topics[firstTopic] as Topic;
  return {
    locale,
    title: fill(pick(s, topic.titles), slots),
    slots,
    firstTopic,
    firstExchange: below(s, topic.exchanges.length),
  };
}

/** The turn of a conversation: even ordinals ask, odd ones answer what was asked just before. */
export function messageText(seed: number, index: number, ordinal: number, text: ConversationText): string {
  const { topics, words } = topicBanks[text.locale];
  const s = streamOf(seed, kinds.message, index, 1);
  const { topicIndex, exchangeIndex } = exchangeAt(text, ordinal >> 1);
  const topic = topics[topicIndex] as Topic;
  const exchange = topic.exchanges[exchangeIndex] as Topic["exchanges"][number];
  const put = (template: string) => fill(template, text.slots);

  if (ordinal % 2 === 0) {
    const question = put(pick(s, exchange.questions));
    const opened = chance(s, 0.4) ? pick(s, words.openers) + question : question;
    return chance(s, 0.5) ? `${opened} ${put(pick(s, words.contexts))}` : opened;
  }
  const { details } = exchange;
  const answer = [put(pick(s, exchange.leads))];
  const start = below(s, details.length);
  const count = 1 + below(s, details.length);
  for (let i = 0; i < count; i++) answer.push(put(details[(start + i) % details.length] as string));
  if (chance(s, 0.35)) answer.push(put(pick(s, words.closings)));
  return answer.join(" ");
}

function exchangeAt({ locale, firstTopic, firstExchange }: ConversationText, turn: number) {
  const { topics } = topicBanks[locale];
  const perTopic = (topics[firstTopic] as Topic).exchanges.length;
  return {
    topicIndex: (firstTopic + Math.floor(turn / perTopic)) % topics.length,
    exchangeIndex: (firstExchange + turn) % perTopic,
  };
}
