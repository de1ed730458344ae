//! Tokens by their form, and names that begin like one. Bodies are drawn at random.

use super::{Find, Nothing, Row, check};
use promptgate_guard::Kind::{Password, Token};

const TOKENS: &[Row] = &[
    (Find(Token), "HF_TOKEN=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"),
    (Find(Token), "login 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"),
    (Find(Token), "token: ghp_DLDxtpYlSXpfKtHFvUCsMehGAkWvjFAcQeW7"),
    (Find(Token), "npm_JKYuvSwMFLZDefrESQedUStPKRCsTyQwbDwk"),
    (Find(Token), "r8_NhFdnXsiVpzzFfkCzJriBJrTAwRyojfljoQoa"),
    (Find(Token), "vcp_F1LlqsajAIxNKu8iS2G8NPRVdD53X83R"),
    (Find(Token), "use vck_ZJzzzzgEOzdmenCkhvMdgaKjIg8xNbe3nNyjOq9wMxEhh2FDEEtfjgVv"),
    (
        Find(Token),
        "ghs_VqE1SkHbn88HxjSI6bWH.tP3fS2qHx6kwXoIIXGvOoNZYW2mZp0zVZomHFwUbbYrEqmSM9wCZ7Uw9xfog.oEmvnEN5N1aE6PwZPf1Qh6yYTWmE4lBYOvfZ8UzDzV8",
    ),
    (Find(Token), "fw_fUkkibjL5DZPjN0MEQ7wjJJi"),
    (Find(Token), "FIRECRAWL_API_KEY=fc-0034d6608697a8d41bed440e50454f31"),
    (Find(Token), "sk-lf-0b5ad30e-4c1b-4f6e-9c7d-1a2b3c4d5e6f"),
    (Find(Token), "rpa_U7794G9DPMRCG629BE2U66MR26846P7Q9M2I0HZ2ueQpBe"),
    (Find(Token), "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"),
    (Find(Token), "snyk_uat.1a2b3c4d.6R08qzjI6GKFSufrdZSlB5er.8bOfZqfM2oeq3hDavJA76rNicHTp8h"),
    (Find(Token), "client secret Abc8Q~kqdlm7tOtHWnsCGRlrwZbqcabUGJmGEp7C"),
    (Find(Token), "gQ0PBQFI14zGtS.atlasv1.novm14TUOizwd1iaeOV4qBkdfQ1y3GQsMpSscDlkrCaqx9vJupc94tnwlavyfErGPmp"),
    (Find(Token), "https://hooks.slack.com/triggers/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"),
    (
        Find(Token),
        "https://acme.webhook.office.com/webhookb2/11111111-2222-3333-4444-555555555555@66666666-7777-8888-9999-000000000000/IncomingWebhook/f828767efc2f91624a8940f1f836f99e/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
    ),
    (Find(Token), "https://hooks.zapier.com/hooks/catch/77183417/bs3e62r/"),
    (Find(Password), "blob?sv=2022-11-02&sig=yn687neLfjVHq8xiM0OGr4hTxoF54Fzbka8FRCztU%2F%3D"),
    (Find(Password), "admin:$2b$12$jAwyuh1vauWv1zh87mTa5Vsqxezy3Lex7BWr2drgd1QsO7jprBGum"),
    (Find(Token), "xai-XxY9B4bZWOz648JJnUfd7UACNWiP3sFd67JikEAv_stqVVPqzPptEJQzhkPkenG5ZFJoC6vWCBiJmpfl"),
    (Find(Token), "phx_vJfupxqZKm4bV3AyAVHn_yrvWdFrK9xiRGHOY32nfr5"),
    (Find(Token), "pyzPCB9t2039bicBTW5ZE9LFaez7770H2DCpYgojjHRg80USP2W5DfJXcaYioK6cPTt9iOqHOBSWAZDOhget"),
    (Find(Password), "HEROKU_API_TOKEN=0b5ad30e-4c1b-4f6e-9c7d-1a2b3c4d5e6f"),
    (Find(Password), "X-Auth-Token: 6c87009e8a7f770d9106fd287db7f1ad"),
    (Find(Password), "PRIVATE-TOKEN: xRzmaZsV2GenFmtX0moDoqW4"),
    (Find(Password), "Ocp-Apim-Subscription-Key: 93f57fd14c1604d115cea325a65e19cb"),
    (Find(Token), "hcaik_01v2kgafrfw0h9nywt1fd4mx82mux4b0pzcyc3edqmevxrvcqurtaebog4"),
    (Find(Token), "cfut_T9D9XyYq6B0Fi7FlaZ7Vt0SXjMpu3uDxYYMfGmzWkpAePcEJ"),
    (Nothing, "hf_transfer_is_enabled_by_default_here"),
    (Nothing, "hf_hub_download and hf_home_directory_path"),
    (Nothing, "npm_lifecycle_event_is_a_variable_of_npm_run"),
    (Nothing, "ghp_thisIsNotATokenButAVeryLongIdentifier"),
    (Nothing, "fw_update_available"),
    (Nothing, "fc-cache -f -v"),
    (Nothing, "fc-00000000000000000000000000000000"),
    (Nothing, "vcp_configuration_manager_service"),
    (Nothing, "session_token: 0b5ad30e-4c1b-4f6e-9c7d-1a2b3c4d5e6f"),
    (Nothing, "https://hooks.zapier.com/hooks/catch/"),
    (Nothing, "https://acme.webhook.office.com/webhookb2/ID"),
    (Nothing, "sig=v1 and signature=none"),
    (Nothing, "$2b$12$ is the prefix of bcrypt"),
    (Nothing, "cache-key: linux-node-20-abc123def456"),
    (Nothing, "sort-key: created_at_desc_2024_01"),
    (Nothing, "rpa_process_automation"),
    (Nothing, "AQ.md"),
    (Nothing, "pa-system-announcement"),
    (Nothing, "BSAwarenessTraining"),
];

#[test]
fn tokens_are_found_by_their_form() {
    check(TOKENS);
}
