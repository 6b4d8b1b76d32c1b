//! Many calls at once, and no more than so many.

use domain::Error;
use tokio::task::JoinSet;

/// Does all of `work`, at most `limit` at a time; what each came to, in the order of `work`. All are done even if one
/// fails: what they wrote is found by whoever tries again.
///
/// # Errors
/// The first failure in that order; [`Error::Internal`] when one panicked.
pub async fn all<T, F>(limit: usize, work: impl IntoIterator<Item = F>) -> Result<Vec<T>, Error>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    each(limit, work).await?.into_iter().collect()
}

/// As [`all`], with what each came to, failures too.
///
/// # Errors
/// [`Error::Internal`] when one panicked.
pub async fn each<T, F>(limit: usize, work: impl IntoIterator<Item = F>) -> Result<Vec<Result<T, Error>>, Error>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    let mut work = work.into_iter().enumerate();
    let (mut running, mut done) = (JoinSet::new(), Vec::new());
    loop {
        while running.len() < limit
            && let Some((at, one)) = work.next()
        {
            running.spawn(async move { (at, one.await) });
        }
        match running.join_next().await {
            Some(joined) => done.push(joined.map_err(|error| Error::Internal(error.to_string()))?),
            None => break,
        }
    }
    done.sort_unstable_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, outcome)| outcome).collect())
}
