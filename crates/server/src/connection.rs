//! One connection, from its first byte to its close.
//!
//! hyper parses, keeps alive, pipelines and writes; here is the time that a client may take, and an
//! end at which it gets to read the last answer.
//!
//! Not here: requests.

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
    door::{Door, Peer},
    pulse::{Heard, Phase, Pulse},
    refuse,
};

/// Serves a connection until one side ends it.
pub(crate) async fn serve<S>(door: Arc<Door>, stream: S, peer: Peer)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let pulse = Arc::new(Pulse::new());
    let stream = Heard::new(stream, Arc::clone(&pulse));
    let service = service_fn(|request| {
        let (door, pulse) = (Arc::clone(&door), Arc::clone(&pulse));
        async move {
            pulse.begin();
            let answer = door.serve(request, peer, &pulse).await;
            pulse.end();
            Ok::<_, Infallible>(answer)
        }
    });
    let mut connection = hyper(door.limits.head).serve_connection(TokioIo::new(stream), service);
    let end = drive(&mut connection, &door, &pulse).await;
    let mut stream = connection.into_parts().io.into_inner().into_inner();
    match end {
        End::Late => {
            let answer = refuse::unserved(&door.service, &refuse::late());
            dismiss(&mut stream, &answer).await;
        }
        End::Closed if pulse.left_unread() => linger(&mut stream).await,
        End::Closed => {}
        End::Failed(error) => {
            tracing::debug!(%peer, %error, "a connection failed");
            if error.is_parse() {
                linger(&mut stream).await;
            }
        }
    }
}

/// Sends a last answer on a stream that is not, or no longer, hyper's.
pub(crate) async fn dismiss<S>(stream: &mut S, answer: &[u8])
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let send = async {
        stream.write_all(answer).await?;
        stream.shutdown().await
    };
    if let Ok(Ok(())) = timeout(LINGER, send).await {
        linger(stream).await;
    }
}

/// How a connection ended.
enum End {
    /// It was closed.
    Closed,
    /// A head began, and did not end in time.
    Late,
    /// The client broke it, or sent what is no HTTP.
    Failed(hyper::Error),
}

/// Not with `pipeline_flush`: it keeps back the answer to what cannot be parsed.
fn hyper(head: usize) -> Builder {
    let mut builder = Builder::new();
    builder
        .header_read_timeout(None)
        .max_header_size(head)
        // Else a head that comes in one piece is let through whatever its size.
        .max_buf_size(head.max(8192));
    builder
}

/// Lets hyper work, until the connection ends, its client takes too long, or the server ends while
/// the client has nothing to wait for.
async fn drive<I, S, B>(connection: &mut Connection<I, S>, door: &Door, pulse: &Pulse) -> End
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
    S: hyper::service::HttpService<hyper::body::Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    B: hyper::body::Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut ending = door.ending.clone();
    let mut told = false;
    let alarm = sleep_until(Instant::now() + door.limits.head_time);
    tokio::pin!(alarm);
    loop {
        tokio::select! {
            biased;
            ended = &mut *connection => {
                return ended.map_or_else(End::Failed, |()| End::Closed);
            }
            _ = ending.changed(), if !told => {
                told = true;
                // Whoever has sent part of a request is answered first; `Door::serve` then closes.
                if matches!(pulse.phase(), Phase::Fresh(_) | Phase::Idle(_)) {
                    Pin::new(&mut *connection).graceful_shutdown();
                }
            }
            () = &mut alarm => {
                let (now, phase) = (Instant::now(), pulse.phase());
                // The alarm rings at least as often as a head may take, so that a head which
                // begins while it sleeps is seen before its own time is up.
                let next = now + door.limits.head_time;
                match phase.deadline(&door.limits) {
                    Some(deadline) if deadline <= now => match phase {
                        Phase::Head(_) => return End::Late,
                        _ => return End::Closed,
                    },
                    Some(deadline) => alarm.as_mut().reset(deadline.min(next)),
                    None => alarm.as_mut().reset(next),
                }
            }
        }
    }
}

/// Takes what the client still sends and throws it away, for a moment. A socket that is closed
/// with bytes unread resets the connection, and the client may lose the answer.
async fn linger<S: AsyncRead + Unpin>(stream: &mut S) {
    let drain = async {
        let mut scrap = [0; 8192];
        while stream.read(&mut scrap).await.is_ok_and(|read| read > 0) {}
    };
    // Time is the measure: a client that goes on sending for longer is not reading.
    let _ = timeout(LINGER, drain).await;
}

/// How long a client has to read its last answer.
const LINGER: Duration = Duration::from_secs(2);
