//! Where the facts in [`super::tokens`] come from, by vendor: the first word of a row's name.
//!
//! "Documented" names the vendor's own page that shows or defines the form; lengths that it leaves
//! open are those of the rule sets. "Observed" says that no such page is known: the form stands in
//! public rule sets, checked in gitleaks (github.com/gitleaks/gitleaks, `config/gitleaks.toml`),
//! Kingfisher (github.com/mongodb/kingfisher, `data/rules`), detect-secrets
//! (github.com/Yelp/detect-secrets, `plugins`), or in the lists of many smaller scanners.

/// What stands for a vendor that is not listed; a test sees to it that none is missing.
pub(super) const NONE: &str = "";

/// Vendors and sources, sorted.
#[rustfmt::skip]
pub(super) const SOURCES: [(&str, &str); 125] = [
    ("adobe", "Observed: gitleaks, Kingfisher."),
    ("age", "Documented: age-encryption.org/v1, \"The X25519 recipient type\" (Bech32)."),
    ("airtable", "Documented: airtable.com/developers/web/api/authentication; length: gitleaks."),
    ("alchemy", "Observed: Kingfisher."),
    ("alibaba", "Observed: gitleaks, Kingfisher."),
    ("anthropic", "Documented: docs.anthropic.com, \"Get started with the API\"; length: gitleaks."),
    ("atlassian", "Observed: gitleaks."),
    ("aws", "Documented: docs.aws.amazon.com/IAM, \"IAM identifiers\", unique ID prefixes; A3T and Bedrock: gitleaks."),
    ("axiom", "Documented: axiom.co/docs/reference/tokens, prefixes of API and personal tokens."),
    ("bitbucket", "Observed: smaller scanners' lists."),
    ("brave", "Observed: smaller scanners' lists."),
    ("brevo", "Observed: gitleaks, Kingfisher."),
    ("buildkite", "Observed: Kingfisher."),
    ("cerebras", "Observed: smaller scanners' lists."),
    ("circleci", "Documented: circleci.com/docs/managing-api-tokens; length: Kingfisher."),
    ("clickhouse", "Observed: gitleaks."),
    ("clojars", "Documented: github.com/clojars/clojars-web/wiki/Deploy-Tokens; length: gitleaks."),
    ("cloudflare", "Documented: developers.cloudflare.com/fundamentals/api/get-started/ca-keys; length: gitleaks; tokens: smaller scanners' lists."),
    ("contentful", "Observed: Kingfisher."),
    ("crates", "Documented: github.com/rust-lang/crates.io, token prefix `cio` and its length in the source."),
    ("cursor", "Observed: smaller scanners' lists."),
    ("databricks", "Documented: docs.databricks.com, \"Authentication\"; length: gitleaks."),
    ("deno", "Observed: smaller scanners' lists."),
    ("digitalocean", "Documented: docs.digitalocean.com/reference/api, token prefixes; length: gitleaks."),
    ("discord", "Observed: detect-secrets and smaller scanners' lists."),
    ("docker", "Documented: docs.docker.com/security/access-tokens; length: Kingfisher."),
    ("doppler", "Documented: docs.doppler.com/reference/auth-token-formats."),
    ("dropbox", "Documented: developers.dropbox.com/oauth-guide; length: gitleaks."),
    ("duffel", "Documented: duffel.com/docs/api/overview/authentication; length: gitleaks."),
    ("dynatrace", "Documented: docs.dynatrace.com, \"Access tokens\", token format."),
    ("e2b", "Observed: smaller scanners' lists."),
    ("easypost", "Observed: gitleaks, Kingfisher."),
    ("elevenlabs", "Observed: Kingfisher."),
    ("facebook", "Observed: gitleaks, Kingfisher."),
    ("figma", "Observed: Kingfisher."),
    ("firecrawl", "Observed: smaller scanners' lists."),
    ("fireworks", "Observed: smaller scanners' lists."),
    ("flutterwave", "Documented: developer.flutterwave.com/docs/authentication; length: gitleaks."),
    ("fly", "Documented: fly.io/docs/security/tokens; length: gitleaks."),
    ("frameio", "Observed: gitleaks, Kingfisher."),
    ("github", "Documented: docs.github.com, \"About authentication to GitHub\", token formats; length: gitleaks."),
    ("gitlab", "Documented: docs.gitlab.com/security/tokens, \"Token prefixes\"; length: gitleaks."),
    ("google", "Documented: cloud.google.com/docs/authentication, examples; length: gitleaks, Kingfisher."),
    ("grafana", "Documented: grafana.com/docs/grafana/latest/administration/service-accounts; length: gitleaks."),
    ("groq", "Observed: Kingfisher."),
    ("helicone", "Observed: smaller scanners' lists."),
    ("heroku", "Observed: gitleaks."),
    ("honeycomb", "Documented: docs.honeycomb.io, \"API keys\", ingest key prefix; length: smaller scanners' lists."),
    ("hubspot", "Documented: developers.hubspot.com, \"Private apps\"; length: Kingfisher."),
    ("hugging", "Documented: huggingface.co/docs/hub/security-tokens; length: gitleaks."),
    ("infisical", "Observed: gitleaks."),
    ("infracost", "Observed: gitleaks."),
    ("inngest", "Documented: inngest.com/docs/platform/signing-keys; length: smaller scanners' lists."),
    ("intra42", "Observed: gitleaks."),
    ("jfrog", "Observed: gitleaks, Kingfisher."),
    ("jina", "Observed: smaller scanners' lists."),
    ("langfuse", "Documented: langfuse.com/docs, examples of keys."),
    ("langsmith", "Observed: smaller scanners' lists."),
    ("launchdarkly", "Documented: docs.launchdarkly.com/home/account/environment/keys."),
    ("linear", "Observed: gitleaks, Kingfisher."),
    ("llama", "Observed: smaller scanners' lists."),
    ("mailgun", "Observed: gitleaks, Kingfisher."),
    ("mapbox", "Documented: docs.mapbox.com/api/accounts/tokens/#token-format."),
    ("mongodb", "Observed: Kingfisher."),
    ("neon", "Observed: smaller scanners' lists."),
    ("netlify", "Observed: smaller scanners' lists."),
    ("newrelic", "Documented: docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys; length: gitleaks."),
    ("notion", "Documented: developers.notion.com/reference, examples with `secret_`; `ntn_`: gitleaks."),
    ("npm", "Documented: docs.npmjs.com/about-access-tokens; length: gitleaks."),
    ("nuget", "Observed: Kingfisher."),
    ("nvidia", "Observed: Kingfisher."),
    ("octopus", "Documented: octopus.com/docs/octopus-rest-api/how-to-create-an-api-key; length: gitleaks."),
    ("onepassword", "Documented: support.1password.com/secret-key-security; service token: gitleaks."),
    ("openai", "Observed: gitleaks, detect-secrets."),
    ("openrouter", "Observed: smaller scanners' lists."),
    ("openshift", "Documented: docs.openshift.com, \"Managing user-owned OAuth access tokens\"; length: gitleaks."),
    ("perplexity", "Observed: gitleaks."),
    ("pinecone", "Observed: smaller scanners' lists."),
    ("plaid", "Documented: plaid.com/docs/api, `access-<environment>-<identifier>`."),
    ("planetscale", "Observed: gitleaks, Kingfisher."),
    ("posthog", "Observed: Kingfisher."),
    ("postman", "Documented: learning.postman.com/docs/developer/postman-api/authentication; length: gitleaks."),
    ("prefect", "Observed: gitleaks, Kingfisher."),
    ("promptgate", "Documented: docs/keys.md of this repository."),
    ("pubnub", "Observed: smaller scanners' lists."),
    ("pulumi", "Observed: gitleaks, Kingfisher."),
    ("pypi", "Documented: pypi.org/help/#apitoken; length: gitleaks."),
    ("razorpay", "Documented: razorpay.com/docs/api/authentication; length: smaller scanners' lists."),
    ("readme", "Observed: gitleaks, Kingfisher."),
    ("render", "Observed: smaller scanners' lists."),
    ("replicate", "Observed: Kingfisher."),
    ("resend", "Documented: resend.com/docs/api-reference, examples; length: smaller scanners' lists."),
    ("rootly", "Observed: smaller scanners' lists."),
    ("rubygems", "Documented: guides.rubygems.org/api-key-scopes; length: gitleaks."),
    ("runpod", "Observed: smaller scanners' lists."),
    ("scalingo", "Observed: gitleaks."),
    ("sendgrid", "Documented: twilio.com/docs/sendgrid/ui/account-and-settings/api-keys; length: gitleaks."),
    ("sentry", "Documented: docs.sentry.io/account/auth-tokens; length: gitleaks."),
    ("settlemint", "Observed: gitleaks."),
    ("shippo", "Documented: docs.goshippo.com, \"Authentication\"; length: gitleaks."),
    ("shopify", "Documented: shopify.dev/docs/apps, access tokens; length: gitleaks."),
    ("slack", "Documented: api.slack.com/concepts/token-types; older and session tokens: gitleaks, detect-secrets."),
    ("snyk", "Documented: docs.snyk.io, personal and service account tokens; length: smaller scanners' lists."),
    ("sonarqube", "Documented: docs.sonarsource.com, \"Managing tokens\"; length: Kingfisher."),
    ("sourcegraph", "Documented: sourcegraph.com/docs/cli/how-tos/creating_an_access_token; length: gitleaks."),
    ("square", "Documented: developer.squareup.com/docs/build-basics/access-tokens; length: gitleaks."),
    ("stripe", "Documented: docs.stripe.com/keys and docs.stripe.com/webhooks; length: gitleaks."),
    ("supabase", "Documented: supabase.com/docs/guides/api/api-keys; length of `sbp_`: Kingfisher."),
    ("tailscale", "Documented: tailscale.com/kb/1252/key-secret-management; length: Kingfisher."),
    ("tavily", "Documented: docs.tavily.com, examples of keys; length: smaller scanners' lists."),
    ("tencent", "Observed: smaller scanners' lists."),
    ("terraform", "Documented: developer.hashicorp.com/terraform, examples of tokens; length: gitleaks."),
    ("together", "Observed: smaller scanners' lists."),
    ("trello", "Observed: smaller scanners' lists."),
    ("trigger", "Observed: smaller scanners' lists."),
    ("twilio", "Documented: twilio.com/docs/iam/api-keys (SID of an API key); also gitleaks, detect-secrets."),
    ("twitter", "Documented: developer.x.com, \"App-only authentication\", examples; length: smaller scanners' lists."),
    ("typeform", "Documented: developer.typeform.com/get-started; length: gitleaks."),
    ("vault", "Documented: developer.hashicorp.com/vault/docs/concepts/tokens, token prefixes; length: gitleaks."),
    ("vercel", "Documented: vercel.com/docs/storage/vercel-blob, examples; length: smaller scanners' lists."),
    ("voyage", "Observed: smaller scanners' lists."),
    ("wakatime", "Observed: smaller scanners' lists."),
    ("wandb", "Observed: smaller scanners' lists."),
    ("xai", "Observed: Kingfisher."),
    ("yandex", "Observed: gitleaks."),
];

/// The source of the tokens whose name starts with the vendor's.
#[allow(clippy::indexing_slicing, reason = "evaluated by the compiler, within bounds")]
pub(super) const fn source(name: &str) -> &'static str {
    let name = name.as_bytes();
    let mut at = 0;
    while at < SOURCES.len() {
        let vendor = SOURCES[at].0.as_bytes();
        let mut same = 0;
        while same < vendor.len() && same < name.len() && vendor[same] == name[same] {
            same += 1;
        }
        if same == vendor.len() && same < name.len() && name[same] == b'-' {
            return SOURCES[at].1;
        }
        at += 1;
    }
    NONE
}

#[cfg(test)]
mod tests {
    use super::super::tokens::TOKENS;
    use super::*;

    #[test]
    fn every_row_has_a_source_and_every_source_a_row() {
        assert!(SOURCES.is_sorted_by(|a, b| a.0 < b.0));
        for token in &TOKENS {
            assert_ne!(source(token.name), NONE, "{}", token.name);
        }
        for (vendor, text) in SOURCES {
            assert!(TOKENS.iter().any(|token| token.name.starts_with(&format!("{vendor}-"))), "{vendor}");
            assert!(text.starts_with("Documented: ") || text.starts_with("Observed: "), "{vendor}");
        }
    }
}
