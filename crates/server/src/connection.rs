//! One connection, from its first byte to its close.
//!
//! hyper parses, keeps alive, pipelines and writes. Added here: time limits for the client, and a
//! lingering close, so that the client can read the last response.

use std::{convert::Infallible, sync::Arc, time::Duration};

use hyper::{
    server::conn::http1::{Builder, Connection},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::{Instant, sleep_until, timeout},
};

use crate::{
    connection_state::{ConnectionState, Phase, TrackedStream},
    faults,
    router::{Peer, Router},
};

/// Serves a connection until either side closes it.
pub(crate) async fn serve<S>(router: Arc<Router>, stream: S, peer: Peer)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let state = Arc::new(ConnectionState::new());
    let stream = TrackedStream::new(stream, Arc::clone(&state));
    let service = service_fn(|request| {
        let (router, state) = (Arc::clone(&router), Arc::clone(&state));
        async move {
            state.begin_request();
            let response = router.serve(request, peer, &state).await;
            state.end_request();
            Ok::<_, Infallible>(response)
        }
    });
    let mut connection = hyper(router.limits.head).serve_connection(TokioIo::new(stream), service);
    let end = drive(&mut connection, &router, &state).await;
    let mut stream = connection.into_parts().io.into_inner().into_inner();
    match end {
        ConnectionEnd::HeadTimeout => {
            let response = faults::raw_response(&router.service, &faults::request_timeout());
            send_last(&mut stream, &response).await;
        }
        ConnectionEnd::Closed if state.has_unread() => discard_input(&mut stream).await,
        ConnectionEnd::Closed => {}
        ConnectionEnd::Failed(error) => {
            tracing::debug!(%peer, %error, "connection failed");
            if error.is_parse() {
                discard_input(&mut stream).await;
            }
        }
    }
}

/// Sends a last response on a stream that hyper does not serve, or no longer, and closes it.
pub(crate) async fn send_last<S>(stream: &mut S, response: &[u8])
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let send = async {
        stream.write_all(response).await?;
        stream.shutdown().await
    };
    if let Ok(Ok(())) = timeout(LINGER_TIME, send).await {
        discard_input(stream).await;
    }
}

enum ConnectionEnd {
    Closed,
    /// A head began and was not complete in time.
    HeadTimeout,
    /// The client aborted the connection, or sent what hyper cannot parse.
    Failed(hyper::Error),
}

/// Without `pipeline_flush`, which delays the response to a request that cannot be parsed.
fn hyper(head: usize) -> Builder {
    let mut builder = Builder::new();
    builder
        .header_read_timeout(None)
        .max_header_size(head)
        // Otherwise a head that arrives in one read is accepted whatever its size.
        .max_buf_size(head.max(8192));
    builder
}

/// Polls hyper's connection until it ends or the client exceeds a time limit. When the server shuts
/// down, a connection without a pending request is closed.
async fn drive<I, S, B>(
    connection: &mut Connection<I, S>,
    router: &Router,
    state: &ConnectionState,
) -> ConnectionEnd
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
    S: hyper::service::HttpService<hyper::body::Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    B: hyper::body::Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut shutdown = router.shutdown.clone();
    let mut is_shutting_down = false;
    let alarm = sleep_until(Instant::now() + router.limits.head_time);
    tokio::pin!(alarm);
    loop {
        tokio::select! {
            biased;
            ended = &mut *connection => {
                return ended.map_or_else(ConnectionEnd::Failed, |()| ConnectionEnd::Closed);
            }
            _ = shutdown.changed(), if !is_shutting_down => {
                is_shutting_down = true;
                // A request that has begun is served first; `Router::serve` then closes.
                if matches!(state.phase(), Phase::Opened(_) | Phase::Idle(_)) {
                    Pin::new(&mut *connection).graceful_shutdown();
                }
            }
            () = &mut alarm => {
                let (now, phase) = (Instant::now(), state.phase());
                // The alarm goes off at least once per head time limit, so that a head which begins
                // meanwhile is noticed before its own deadline.
                let next = now + router.limits.head_time;
                match phase.deadline(&router.limits) {
                    Some(deadline) if deadline <= now => match phase {
                        Phase::ReadingHead(_) => return ConnectionEnd::HeadTimeout,
                        _ => return ConnectionEnd::Closed,
                    },
                    Some(deadline) => alarm.as_mut().reset(deadline.min(next)),
                    None => alarm.as_mut().reset(next),
                }
            }
        }
    }
}

/// Reads and discards what the client still sends, for [`LINGER_TIME`] at most: closing a socket
/// with unread bytes resets the connection, and the client may lose the response.
async fn discard_input<S: AsyncRead + Unpin>(stream: &mut S) {
    let discard = async {
        let mut buffer = [0; 8192];
        while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
    };
    // A client that sends for longer is not reading.
    let _ = timeout(LINGER_TIME, discard).await;
}

/// How long a client has to read its last response.
const LINGER_TIME: Duration = Duration::from_secs(2);
