// The service's answers. Everything here is public and read with GET.
export interface Score {
  trust_ppm: number; uptime_ppm: number; performance_ppm: number; performance_state: string;
  stake_ppm: number; stake_state: string; age_days: number; age_cap_ppm: number; epoch: number;
  state: string; tier?: string; class?: string; integrity_ppm?: number; slash_ppm?: number;
  uncertainty_ppm?: number; audited?: number; tombstoned?: boolean;
}
export interface Row {
  id: string; key: string; name: string; region: string; device_class: string; since: string;
  class?: string; score: Score; tier: string; slashes_standing: number; bonded_micros: string;
  jobs: { accepted: number; attested: number; timeouts: number; open: number };
  offer: { price_micros?: string; num_gpus?: number; gpu_ram_bytes?: string };
  last_audit_hours?: number; verified: boolean; newcomer: boolean; jailed: boolean;
  revoked: boolean; hardware?: string; available?: boolean;
}
export interface Listing {
  providers: Row[]; matched: number; total: number; query: string; sort: string;
  log_size: number; at: string; next: string;
}
export interface Class {
  class: string; trust_ppm: number; tier: string; integrity_ppm: number; slash_ppm: number;
  uncertainty_ppm: number; attested: number; audited: number; passed: number; proven: number;
  tombstoned: boolean; performance_ppm: number; performance_state: string; measured_rate: string;
  standing?: { hardware: { card?: string; tier: string }; points: number;
    milestones: { name: string; points: number; reached: boolean }[] };
}
export interface Slash {
  id: string; provider: string; class: string; fault: string; attestation_index: number;
  severity_ppm: number; amount_micros?: string; status: string; logged: string; finality: string;
  deadline?: string; name?: string; job?: string; detail?: string; evidence?: string;
  evidence_blob?: string; evidence_indices?: number[]; appeal_index?: number;
  ruling_index?: number; reversal_index?: number; statement?: string;
  effect?: { counts: boolean; trust_ppm: number; trust_without_ppm: number; stake: string;
    deposit: string };
  appeal?: { possible: boolean; until: string; deposit_micros: string; free_micros: string;
    command: string; post: string; why_not?: string; decide_until?: string };
  steps?: { what: string; time: string; detail: string; leaf?: number }[];
}
export interface Provider {
  id: string; key: string; name: string; region: string; device_class: string; since: string;
  score: Score; classes: Class[]; jobs: { accepted: number; attested: number; timeouts: number };
  slashes_standing: number; slashes: Slash[];
  jail?: { since: string; reason: string; way_out: string };
  claims: { class: string; part: string; unit: string; rate: string }[];
  maintenance: { from: string; to: string }[];
  stake: { own_micros: string; delegated_micros: string; locked_micros: string;
    slashed_micros: string; required_micros: string;
    unbonding: { amount_micros: string; released: string }[] };
}
export interface Line {
  epoch: number; at: string; event: string; leaf?: number; weight_sixteenths?: number;
  severity_ppm?: number; hours?: number; points_ppm: number; trust_ppm: number;
}
export interface Explanation {
  provider: string; score: Score; class?: string; earlier_events?: number;
  earlier_points_ppm?: number; lines: Line[]; sum_ppm: number;
  what_if?: { pass: number; soft: number; proven: number; day_idle: number; outage: number };
}
export interface Uptime {
  window_seconds: number; current_window: number; span_windows: number;
  windows: [number, number, number][]; day_windows: number; span_days: number;
  days: [number, number, number, number][]; observed: number; incidents: number;
  month_ppm: number; week_ppm: number; day_ppm: number; uptime_ppm: number;
}
export interface Tier {
  tier: string; trust_ppm: number; audits: number; age_days: number; uptime_ppm: number;
}
export interface Overview {
  log: { origin: string; size: number; published_size?: number; last_leaf?: string };
  policy: { digest: string; name: string; currency: string; epoch_seconds: number };
  providers: number; jobs: number; attestations: number; audits: number; draws: number;
  slashes: number; slashes_reversed: number; recent_slashes: Slash[]; tiers: Tier[]; at: string;
}
export interface Events {
  events: { index: number; time: string; kind: string; signer: string; statement: string;
    subject: string }[];
  next: number; size: number;
}

// What went wrong, in the service's words (RFC 9457) or ours.
export class Problem extends Error {
  constructor(readonly status: number, readonly code: string, detail: string) {
    super(detail);
  }
}

async function get(path: string, signal?: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { signal: signal ?? null, headers: { Accept: '*/*' } });
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new Problem(0, 'network', 'The verifier does not answer. Is it running, and are you '
      + 'online? Nothing that is shown here comes from anywhere else.');
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => null) as { code?: string; detail?: string } | null;
  throw new Problem(response.status, told?.code ?? 'internal',
    told?.detail ?? `The verifier answered ${response.status} without a reason.`);
}

export async function json<T>(path: string, signal?: AbortSignal): Promise<T> {
  return await (await get(path, signal)).json() as T;
}

export async function bytes(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  return new Uint8Array(await (await get(path, signal)).arrayBuffer());
}
