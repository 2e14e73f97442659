/** A word that a shell may offer, and what to say about it. */
export interface Candidate {
  readonly word: string;
  readonly description: string;
}
