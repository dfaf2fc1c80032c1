-- Agents, their activations and the queue of their tasks.

-- name: places_taken :many
-- How many users each agent serves; agents that serve nobody are left out.
SELECT agent_id, taken FROM agents.places_taken(:keys::uuid[]);
