import type { UiaStage } from './uia-stage.ts';

/**
 * The client's word that its user accepts the document.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#terms-of-service-at-registration
 */
export function termsStage(terms: { name: string; version: string; url: string }): UiaStage {
  return {
    type: 'm.login.terms',
    params: () => ({ policies: { terms_of_service: { version: terms.version, en: { name: terms.name, url: terms.url } } } }),
    check: async () => ({ ok: true }),
  };
}
