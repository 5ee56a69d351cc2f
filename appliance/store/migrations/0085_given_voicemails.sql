-- A message may be given to a colleague: by whom, as a user.
ALTER TABLE voicemails ADD COLUMN given_by TEXT;
