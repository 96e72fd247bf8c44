"""Paced rhythms: spikes, what they capture, and how pacing fails."""

from __future__ import annotations

from calipers.models.simulator.events import AtrialImpulse, Ladder, Spike
from calipers.models.simulator.rhythms.conductor import LEAD_IN_S, Conductor

#: From a spike to the wave that it makes.
ATRIAL_LATENCY_S = 0.012
VENTRICULAR_LATENCY_S = 0.006


def atrial(conductor: Conductor) -> Ladder:
    """Atrial pacing with the patient's own conduction."""
    ladder = Ladder()
    for spike_s in conductor.steady(conductor.rr_s, 0.0):
        ladder.spikes.append(Spike(spike_s, "atrium", captured=True))
        ladder.conducted(spike_s + ATRIAL_LATENCY_S, conductor.pr_s, atrial="paced")
    return ladder


def ventricular(conductor: Conductor) -> Ladder:
    """Ventricular pacing (VVI), over atrial fibrillation in half of the records, else over dissociated P waves."""
    fibrillating = conductor.rng.random() < 0.5
    ladder = _fibrillating(conductor) if fibrillating else Ladder()
    for spike_s in conductor.steady(conductor.rr_s, 0.0):
        _pace_ventricle(ladder, spike_s)
    if not fibrillating:
        for p_s in conductor.steady(conductor.rr_s * conductor.between(1.1, 1.35), 0.01):
            ladder.blocked(p_s)
    return ladder


def dual(conductor: Conductor) -> Ladder:
    """Atrium and ventricle paced (DDD); in half of the records the ventricle follows the patient's own P waves."""
    ladder = Ladder()
    delay_s = conductor.between(0.13, 0.20)
    tracking = conductor.rng.random() < 0.5
    for start_s in conductor.steady(conductor.rr_s, 0.006 if tracking else 0.0):
        if not tracking:
            ladder.spikes.append(Spike(start_s, "atrium", captured=True))
        p_s = start_s if tracking else start_s + ATRIAL_LATENCY_S
        ladder.atrial.append(AtrialImpulse(p_s, "sinus" if tracking else "paced", to=len(ladder.ventricular)))
        _pace_ventricle(ladder, start_s + delay_s)
    return ladder


def biventricular(conductor: Conductor) -> Ladder:
    """Both ventricles paced after each sinus P wave, the two spikes a few milliseconds apart."""
    ladder = Ladder()
    delay_s, apart_s = conductor.between(0.10, 0.14), conductor.between(0.004, 0.02)
    for p_s in conductor.steady(conductor.rr_s, 0.006):
        ladder.atrial.append(AtrialImpulse(p_s, "sinus", to=len(ladder.ventricular)))
        ladder.spikes.append(Spike(p_s + delay_s - apart_s, "ventricle", captured=True))
        _pace_ventricle(ladder, p_s + delay_s, shape=1)
    return ladder


def failure_to_capture(conductor: Conductor) -> Ladder:
    """Ventricular pacing in which some spikes are answered by nothing; a slow escape beat may come instead."""
    ladder, rng = Ladder(), conductor.rng
    lost = conductor.between(0.3, 0.6)
    spike_s = last_qrs_s = conductor.first_s(conductor.rr_s)
    since_lost = 0
    while spike_s < conductor.stop_s:
        if rng.random() < lost or since_lost >= 4:
            since_lost = 0
            ladder.spikes.append(Spike(spike_s, "ventricle", captured=False))
            if spike_s - last_qrs_s > 1.5:  # the ventricle comes by itself, and the pacemaker starts anew
                last_qrs_s = spike_s + 0.5 * conductor.rr_s
                ladder.beat(last_qrs_s, "escape_ventricular")
                spike_s = last_qrs_s
        else:
            since_lost += 1
            _pace_ventricle(ladder, spike_s)
            last_qrs_s = spike_s
        spike_s += conductor.rr_s
    for p_s in conductor.steady(conductor.rr_s * conductor.between(0.7, 0.85), 0.01):
        ladder.blocked(p_s)
    return ladder


def failure_to_sense(conductor: Conductor) -> Ladder:
    """Spikes go on through the patient's own beats; those that fall outside the refractory time capture."""
    ladder = Ladder()
    intrinsic = list(conductor.steady(conductor.rr_s * conductor.between(0.86, 0.94), 0.01))
    spikes = list(conductor.steady(conductor.rr_s, 0.0))
    own = [p_s + conductor.pr_s for p_s in intrinsic]
    for spike_s in spikes:
        since_s = min((spike_s - qrs_s for qrs_s in own if qrs_s <= spike_s), default=9.0)
        captures = since_s > 0.40 and min((abs(qrs_s - spike_s) for qrs_s in own), default=9.0) > 0.06
        ladder.spikes.append(Spike(spike_s, "ventricle", captured=captures))
    paced = [spike.time_s for spike in ladder.spikes if spike.captured]
    for p_s in intrinsic:
        qrs_s = p_s + conductor.pr_s
        if any(-0.06 < qrs_s - time_s < 0.36 for time_s in paced):
            ladder.blocked(p_s)
        else:
            ladder.conducted(p_s, conductor.pr_s)
    for time_s in paced:
        ladder.beat(time_s + VENTRICULAR_LATENCY_S, "paced")
    return ladder


def _pace_ventricle(ladder: Ladder, spike_s: float, shape: int = 0) -> None:
    ladder.spikes.append(Spike(spike_s, "ventricle", captured=True))
    ladder.beat(spike_s + VENTRICULAR_LATENCY_S, "paced", shape=shape)


def _fibrillating(conductor: Conductor) -> Ladder:
    whole = AtrialImpulse(-LEAD_IN_S, "fibrillation")
    return Ladder(atrial=[whole], texture="fibrillation", texture_hz=conductor.between(4.5, 8.0))
