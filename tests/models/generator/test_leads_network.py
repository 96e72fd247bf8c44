"""The lead network sees what is given and nothing else."""

from __future__ import annotations

import numpy as np
import torch

from calipers.models.generator.leads_network import LeadNetwork, LeadNetworkConfig
from calipers.models.generator.leads_training import Recordings, lead_batch, lead_loss


def test_what_is_not_given_changes_nothing() -> None:
    torch.manual_seed(1)
    network = LeadNetwork(LeadNetworkConfig(width=16, dilations=(1, 2))).eval()
    torch.nn.init.normal_(network.weights.weight)
    given = torch.zeros(1, 12)
    given[0, [0, 1, 7]] = 1.0
    leads = torch.randn(1, 12, 400)
    other = leads.clone()
    other[0, 9] += 5.0
    assert torch.equal(network(leads, given), network(other, given))
    assert not torch.equal(network(leads, given), network(leads * 2.0, given))


def test_a_network_learns_a_lead_that_follows_from_others() -> None:
    """Every lead of these recordings is the same wave times its own factor."""
    rng = np.random.default_rng(4)
    wave = np.sin(np.arange(5000) / 40.0) + 0.5 * np.sin(np.arange(5000) / 11.0)
    eight = np.linspace(0.5, 1.5, 8)[:, None] * wave
    data = Recordings(np.stack([eight, 0.7 * eight]).astype(np.float16), np.ones(2, dtype=np.int64))
    torch.manual_seed(5)
    network = LeadNetwork(LeadNetworkConfig(width=16, dilations=(1, 2)))
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-3)
    losses = []
    for _ in range(80):
        loss = lead_loss(network, lead_batch(data, np.array([0, 1]), rng, vary=False))
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-10:]) < 0.6 * np.mean(losses[:3])
