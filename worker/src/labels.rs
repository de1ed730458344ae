//! The routes of labels, and the version of a prompt template that a request means.

use promptgate_core::governance::Operation;
use promptgate_core::problem::Problem;
use promptgate_core::route::Route;
use promptgate_core::template::{self, Bearer, LabelName, LabelVerb, Precondition, Template, Wanted, edge};
use promptgate_core::upstream::genesys::{self, Family};
use web_sys::Response;

use crate::context::RequestContext;
use crate::{client, json, object};

impl RequestContext {
    pub(crate) async fn list_labels(&self) -> Result<Response, Problem> {
        // What is not there is a 404, and no empty list.
        self.copy(Family::Prompt, &self.target.id).await?;
        let answer = object::template::labels(&self.env, &self.target.id, &LabelVerb::List, &self.limits).await?;
        Ok(json(answer.labels.json()))
    }

    pub(crate) async fn label(&self, done: &mut Operation) -> Result<Response, Problem> {
        let id = &self.target.id;
        let name = LabelName::read(&self.target.label)?;
        done.label(name.as_str());
        let expected = Precondition::read(self.headers.if_match.as_deref(), self.headers.if_none_match.as_deref());
        let version = match self.target.route {
            Route::SetLabel => Some(template::labelled(self.text().await?.as_bytes())?),
            _ => None,
        };
        self.reach(Family::Prompt, id).await?;
        let verb = match (self.target.route, version) {
            (_, Some(version)) => {
                // It must be there; and it is kept beside the label.
                let (document, _) = self.numbered(version).await?;
                LabelVerb::Set(name, Bearer { version, document }, expected)
            }
            (Route::RemoveLabel, None) => LabelVerb::Remove(name, expected),
            (_, None) => LabelVerb::RollBack(name, expected),
        };
        let answer = object::template::labels(&self.env, id, &verb, &self.limits.unattended()).await?;
        if let Some(moved) = &answer.moved {
            done.moved(moved.from, moved.to);
        }
        Ok(client::whole(template::moved(&answer, &self.random.request_id())))
    }

    /// The version that a request means.
    pub(crate) async fn wanted(&self, wanted: &Wanted) -> Result<Template, Problem> {
        let id = &self.target.id;
        self.reach(Family::Prompt, id).await?;
        let (document, hit) = match wanted {
            Wanted::Newest => {
                let (stored, hit) = self.copy(Family::Prompt, id).await?;
                (stored.document, hit)
            }
            Wanted::Version(version) => self.numbered(*version).await?,
            Wanted::Labelled(name) => {
                // Asked each time: what is rolled back is not executed any more.
                let find = LabelVerb::Find(name.clone());
                let answer = object::template::labels(&self.env, id, &find, &self.limits).await?;
                match (answer.document, answer.found) {
                    (Some(document), _) => (document, true),
                    (None, version) => self.numbered(version.unwrap_or_default()).await?,
                }
            }
        };
        self.count_read(Family::Prompt, hit);
        Template::from_upstream(&document)
    }

    /// One version of the prompt template, and whether the edge had it. It never changes, so anybody may write its copy.
    async fn numbered(&self, version: u64) -> Result<(String, bool), Problem> {
        let id = &self.target.id;
        let key = edge::version_key(id, version);
        let copies = self.env.kv("TEMPLATES").ok();
        if let Some(copies) = &copies {
            let kept = self.limits.within(copies.get(&key).cache_ttl(60).text()).await?;
            if let Ok(Some(document)) = kept {
                return Ok((document, true));
            }
        }
        let answer = self.upstream(genesys::get_version(id, version)).await?;
        let document = template::version(version, &answer.body)?;
        if let Some(put) = copies.and_then(|copies| copies.put(&key, document.as_str()).ok()) {
            self.life.wait_until(async move {
                let _ = put.expiration_ttl(edge::VERSION_TTL_S).execute().await;
            });
        }
        Ok((document, false))
    }
}
