/** How a repository of a registry is spoken to. All but the first two are secrets. */
export interface RegistryAccess {
  /** Such as `https://registry.example.com:5000/v2/`. */
  readonly base: string;
  readonly repository: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** What a login was exchanged for; it is exchanged for tokens. */
  readonly identityToken?: string | undefined;
  /** One that the registry takes as it is, for as long as it does. */
  readonly token?: string | undefined;
}

/** What is done in a repository, as scopes of tokens name it. */
export type RegistryActions = 'pull' | 'pull,push';

/** Why a request fails without a login. */
export const asksForLogin = 'the registry asks for a user name and a password; see --authfile=';

/** Why a push fails when the login may not write. */
export const mayNotWrite = 'this login may not write there: check the name, or log in with an account that may';
