return { on_connect = function(req) if req.host then end
